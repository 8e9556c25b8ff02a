import * as z from 'zod';

/** Channels of messages. To add one: add it here, with a sender adapter and a construct in `lib/constructs/sender.ts`. */
export const CHANNELS = ['email', 'sms', 'push'] as const;
export const ChannelSchema = z.enum(CHANNELS, { error: `must be a channel: one of ${CHANNELS.join(', ')}` });
export type Channel = z.infer<typeof ChannelSchema>;
