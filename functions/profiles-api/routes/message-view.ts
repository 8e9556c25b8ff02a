import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { type Message, shownStatus, statusOf } from '../../../core/messages/message.ts';
import { iso } from '../../../core/time/instant.ts';

export const MessageSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    profileId: z.string(),
    channel: z.string().optional(),
    template: z.string(),
    source: z.record(z.string(), z.unknown()),
    status: z.string(),
    reason: z.string().optional(),
    at: z.string(),
    history: z.array(
      z.object({
        status: z.string(),
        at: z.string(),
        channel: z.string().optional(),
        detail: z.string().optional(),
        machine: z.boolean().optional(),
      }),
    ),
  }),
);

/** A message as the API shows it, with the furthest status that it has reached. */
export function messageView(message: Message, profileId: string): z.input<typeof MessageSchema> {
  return {
    id: message.id,
    profileId,
    ...(message.channel === undefined ? {} : { channel: message.channel }),
    template: message.template.id,
    source: message.source,
    status: statusOf(message),
    ...(message.reason === undefined ? {} : { reason: message.reason }),
    at: iso(message.at),
    history: message.history.map(({ at, status, reason: _reason, recordedAt: _recordedAt, ...entry }) => ({
      status: shownStatus(status),
      ...entry,
      at: iso(at),
    })),
  };
}
