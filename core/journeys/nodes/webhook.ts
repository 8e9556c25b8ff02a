import * as z from 'zod';
import {
  type Headers,
  HeadersSchema,
  METHODS,
  ReceiverUrlSchema,
  type SecretReference,
  secretsIn,
} from '../../http/receiver.ts';
import { lazySchema } from '../../lazy-schema.ts';
import { WEBHOOK_TIMEOUT, webhookIdOf } from '../../webhooks/webhook.ts';
import { renderRecord, textsIn } from '../render-strings.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const schema = lazySchema(() =>
  z
    .strictObject({
      type: z.literal('webhook'),
      url: ReceiverUrlSchema,
      /** Absent: POST. */
      method: z.enum(METHODS).optional(),
      headers: HeadersSchema.optional(),
      body: z.record(z.string(), z.unknown()).optional(),
      next: NextSchema,
      /** Taken if the call is refused, or the receiver cannot be reached for 20 minutes; absent: `next`. */
      onError: NextSchema.optional(),
    })
    .refine((node) => node.method !== 'GET' || node.body === undefined, {
      path: ['body'],
      error: 'goes with no GET',
    }),
);
export type WebhookNode = z.infer<typeof schema>;

const headersOf = (node: WebhookNode) => Object.entries(node.headers ?? {});
const textHeaders = (node: WebhookNode) =>
  Object.fromEntries(headersOf(node).filter(([, value]) => typeof value === 'string'));
const secretHeaders = (node: WebhookNode) =>
  Object.fromEntries(headersOf(node).filter(([, value]) => typeof value !== 'string'));

/** Returns the secrets that its headers reference, each with its pointer. */
export const secretsOf = (node: WebhookNode): SecretReference[] =>
  secretsIn(node.headers).map(({ path, secret }) => ({ path: `/headers${path}`, secret }));

/** Exits of the node, by number. */
export const TAKEN = 0;
export const REFUSED = 1;

/** Calls another system, and rests until it has answered. */
export const webhook: NodeType<WebhookNode> = {
  about: 'Calls another system by HTTPS, and rests until it has answered.',
  schema,
  exits: (node) => [
    { path: '/next', node: node.next, when: 'it is answered' },
    ...(node.onError === undefined
      ? []
      : [{ path: '/onError', node: node.onError, when: 'it is refused, or not answered in time' }]),
  ],
  texts: (node) => textsIn({ url: node.url, headers: textHeaders(node), body: node.body }),
  rests: () => 'event',
  async arrive(node, id, walk) {
    const visit = walk.run.visits[id]?.count ?? 1;
    const headers = {
      ...(await renderRecord(textHeaders(node), walk.render)),
      ...secretHeaders(node),
    } as Headers; // `render` gives texts
    walk.act({
      kind: 'webhook',
      node: id,
      webhook: webhookIdOf(walk.run.entry, id, visit),
      // A URL that cannot be rendered is sent unrendered: the receiver refuses it, and the run goes on.
      url: (await walk.render(node.url, 'url')) ?? node.url,
      ...(node.method === undefined ? {} : { method: node.method }),
      ...(node.headers === undefined ? {} : { headers }),
      body: node.body === undefined ? {} : await renderRecord(node.body, walk.renderValue),
    });
  },
  rest: () => WEBHOOK_TIMEOUT,
  leave(node, id, way, output, walk) {
    if (output !== undefined) walk.store(id, output);
    const isTaken = way.kind === 'resolved' && way.index === TAKEN;
    return isTaken ? node.next : (node.onError ?? node.next);
  },
};
