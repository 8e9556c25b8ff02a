import type { IncomingHttpHeaders } from 'node:http';
import { answerOf, type Outbox, type ProviderAnswer } from './outbox.ts';

/** `/_local/receiver`: a receiver for the messages of the channel, whose place `settings.webhookChannel` names. */
export function receiveMessage(
  outbox: Outbox,
  { url, headers, text }: { url: string; headers: IncomingHttpHeaders; text: string },
  now: string,
): ProviderAnswer {
  const mode = outbox.meets('webhook');
  if (mode === 'error') return { status: 500, body: { message: 'error' } };
  if (mode === 'throttle') return { status: 429, body: { message: 'throttled' } };
  if (mode === 'permanent') return { status: 400, body: { message: 'refused' } };
  outbox.add({
    at: now,
    channel: 'webhook',
    to: url,
    messageId: String(headers['webhook-id']),
    body: text,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    provider: 'receiver',
  });
  return answerOf(mode, { status: 200, body: {} });
}
