import * as z from 'zod';
import type { CairnEvent } from '../events/event.ts';
import { WEBHOOK_ANSWERED } from '../events/system-events.ts';
import { type Answer, HeaderValueSchema, METHODS } from '../http/receiver.ts';
import { type EpochMs, hashId } from '../ids.ts';
import { lazySchema } from '../lazy-schema.ts';

/** Body of a message on `webhooks`: the call of a run's `webhook` node. */
export const WebhookRequestSchema = lazySchema(() =>
  z.object({
    /** Hash of run, node and visit: receivers recognise a repeat by it. */
    id: z.string(),
    entry: z.string(),
    profile: z.string(),
    source: z.string(),
    url: z.string(),
    method: z.enum(METHODS).default('POST'),
    headers: z.record(z.string(), HeaderValueSchema).default({}),
    body: z.record(z.string(), z.unknown()),
    /** Tries that have failed. */
    attempt: z.number().int().min(0).default(0),
  }),
);
export type WebhookRequest = z.infer<typeof WebhookRequestSchema>;

/** How long a run rests for a response: longer than all tries take. */
export const WEBHOOK_TIMEOUT = '1h';

/** Seconds before each further try: about 20 minutes in all. */
const DELAYS = [10, 60, 240, 900];

/** Whether the receiver has accepted the call. */
export const isTaken = ({ status }: Answer): boolean => status >= 200 && status < 300;

/** Returns the seconds after which to try again, or undefined if the response is final. */
export function retryAfter(answer: Answer, attempt: number): number | undefined {
  const isPassing = answer.status === 0 || answer.status === 408 || answer.status === 429 || answer.status >= 500;
  return isPassing ? DELAYS[attempt] : undefined;
}

export const webhookIdOf = (entry: string, node: string, visit: number): string =>
  hashId('webhook', entry, node, visit);

/** Event about the response, for the profile's message group. A repeat is the same event. */
export const webhookAnswered = (request: WebhookRequest, answer: Answer, at: EpochMs): CairnEvent => ({
  id: hashId('webhook-answered', request.id),
  type: 'track',
  name: WEBHOOK_ANSWERED,
  at,
  receivedAt: at,
  index: 0,
  key: 'cairn',
  properties: { webhookId: request.id, source: request.source, ...answer },
});
