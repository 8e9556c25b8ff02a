import * as z from 'zod';
import { WEBHOOK_TIMEOUT, webhookIdOf } from '../../webhooks/webhook.ts';
import { renderedRecord, textsIn } from '../rendered.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Where it is sent is the marketer's to say, and never what an event or a trait holds. */
const UrlSchema = z.string('must be an https URL').superRefine((text, context) => {
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  if (!URL.canParse(text)) return refuse('must be an https URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname)))
    return refuse('must be an https URL');
  if (url.username !== '' || url.password !== '') return refuse('must not hold a password');
  if (/[{}]|%7[bd]/i.test(url.host) || /^[^/]*\/\/[^/?#]*[{}]/.test(text)) refuse('the host must not be Liquid');
});

const schema = z.strictObject({
  type: z.literal('webhook'),
  url: UrlSchema,
  body: z.record(z.string(), z.unknown()).optional(),
  next: NextSchema,
  /** Where it is refused, or cannot be reached for 20 minutes; absent: `next`. */
  onError: NextSchema.optional(),
});
export type WebhookNode = z.infer<typeof schema>;

/** Ways out of it, by number. */
export const TAKEN = 0;
export const REFUSED = 1;

/** Tells another system, and rests until it has answered. */
export const webhook: NodeType<WebhookNode> = {
  about: 'Calls another system by HTTPS, and rests until it has answered.',
  schema,
  exits: (node) => [
    { path: '/next', node: node.next, when: 'it is answered' },
    ...(node.onError === undefined
      ? []
      : [{ path: '/onError', node: node.onError, when: 'it is refused, or not answered in time' }]),
  ],
  texts: (node) => textsIn({ url: node.url, body: node.body }),
  rests: () => 'event',
  async arrive(node, id, walk) {
    const visit = walk.run.visits[id]?.count ?? 1;
    walk.act({
      kind: 'webhook',
      node: id,
      webhook: webhookIdOf(walk.run.entry, id, visit),
      // What cannot be rendered is sent as it stands: the receiver refuses it, and the run goes on.
      url: (await walk.render(node.url, 'url')) ?? node.url,
      body: node.body === undefined ? {} : await renderedRecord(node.body, walk.renderValue),
    });
  },
  rest: () => WEBHOOK_TIMEOUT,
  leave(node, id, way, output, walk) {
    if (output !== undefined) walk.store(id, output);
    const isTaken = way.kind === 'resolved' && way.index === TAKEN;
    return isTaken ? node.next : (node.onError ?? node.next);
  },
};
