import type { EventsMessage } from './event.ts';
import type { Accepted } from './normalise.ts';

/** SQS allows 256 KiB per message; the rest is for its envelope. */
const MAX_MESSAGE_BYTES = 240 * 1024;

/** Returns accepted events as messages for the queue: each of one profile and group, in order, none too large. */
export function messagesOf(accepted: readonly Accepted[]): { group: string; body: EventsMessage }[] {
  const messages: { group: string; body: EventsMessage; bytes: number }[] = [];
  const open = new Map<string, { body: EventsMessage; bytes: number }>();
  for (const { group, then, profile, identity, event } of accepted) {
    const bytes = Buffer.byteLength(JSON.stringify(event)) + 1;
    const slot = `${group}|${profile}|${then ?? ''}`;
    const current = open.get(slot);
    if (current !== undefined && current.bytes + bytes <= MAX_MESSAGE_BYTES) {
      current.body.events.push(event);
      current.bytes += bytes;
      continue;
    }
    const message = {
      group,
      body: { profile, identity, events: [event], ...(then ? { then } : {}) },
      bytes: bytes + 512,
    };
    messages.push(message);
    open.set(slot, message);
  }
  return messages.map(({ group, body }) => ({ group, body }));
}
