import * as z from 'zod';

/** Every channel that can be sent by. A new one: this line, a sender adapter, a construct in `lib/constructs/sender.ts`. */
export const CHANNELS = ['email', 'sms', 'push'] as const;
export const ChannelSchema = z.enum(CHANNELS, { error: `must be a channel: one of ${CHANNELS.join(', ')}` });
export type Channel = z.infer<typeof ChannelSchema>;
