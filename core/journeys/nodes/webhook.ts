import * as z from 'zod';
import { escapePointer } from '../../definitions/pointer.ts';
import { type Headers, HeaderValueSchema, METHODS, WEBHOOK_TIMEOUT, webhookIdOf } from '../../webhooks/webhook.ts';
import { renderedRecord, textsIn } from '../rendered.ts';
import { NextSchema } from './next.ts';
import type { NodeType } from './node-type.ts';

const MAX_HEADERS = 20;
const MAX_CHARACTERS = 2_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Only the marketer chooses the host; it never comes from an event or a trait. */
const UrlSchema = z.string('must be an https URL').superRefine((text, context) => {
  const refuse = (message: string) => context.addIssue({ code: 'custom', message });
  if (!URL.canParse(text)) return refuse('must be an https URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.has(url.hostname)))
    return refuse('must be an https URL');
  if (url.username !== '' || url.password !== '') return refuse('must not hold a password');
  if (/[{}]|%7[bd]/i.test(url.host) || /^[^/]*\/\/[^/?#]*[{}]/.test(text)) refuse('the host must not be Liquid');
});

/** Headers that Cairn sets itself, and headers that control the connection. */
const RESERVED =
  /^(?:host|content-length|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|proxy-.*|webhook-(?:id|timestamp|signature))$/i;
const HeadersSchema = z.record(z.string(), HeaderValueSchema).superRefine((headers, context) => {
  const names = Object.keys(headers);
  const lower = names.map((name) => name.toLowerCase());
  const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
  if (names.length > MAX_HEADERS) context.addIssue({ code: 'custom', message: `at most ${MAX_HEADERS} headers` });
  for (const [index, name] of names.entries()) {
    if (!/^[\w!#$%&'*+.^`|~-]{1,100}$/.test(name)) refuse(name, 'is no name of a header');
    else if (RESERVED.test(name)) refuse(name, 'is set by Cairn');
    else if (lower.indexOf(name.toLowerCase()) < index) refuse(name, 'is there twice');
    const value = headers[name];
    if (typeof value === 'string' && value.length > MAX_CHARACTERS)
      refuse(name, `at most ${MAX_CHARACTERS} characters`);
  }
});

const schema = z
  .strictObject({
    type: z.literal('webhook'),
    url: UrlSchema,
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
  });
export type WebhookNode = z.infer<typeof schema>;

const headersOf = (node: WebhookNode) => Object.entries(node.headers ?? {});
const textHeaders = (node: WebhookNode) =>
  Object.fromEntries(headersOf(node).filter(([, value]) => typeof value === 'string'));
const secretHeaders = (node: WebhookNode) =>
  Object.fromEntries(headersOf(node).filter(([, value]) => typeof value !== 'string'));

/** Returns the secrets that its headers reference, each with its pointer. */
export const secretsIn = (node: WebhookNode): { path: string; secret: string }[] =>
  headersOf(node).flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [{ path: `/headers/${escapePointer(name)}/secret`, secret: value.secret }],
  );

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
      ...(await renderedRecord(textHeaders(node), walk.render)),
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
