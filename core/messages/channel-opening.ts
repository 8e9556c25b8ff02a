import * as z from 'zod';
import { ChannelSchema } from '../channels/registry.ts';
import { lazySchema } from '../lazy-schema.ts';

/** An instant at which deferred messages of a channel leave together: those that wait for the same one are listed together. */
export const ChannelOpeningSchema = z.object({ channel: ChannelSchema, at: z.number() });
export type ChannelOpening = z.infer<typeof ChannelOpeningSchema>;

export const openingId = ({ channel, at }: ChannelOpening): string => `${channel}#${at}`;

/** Body of another message on `jobs`: sends the messages that wait for an opening to the gate again. It has no item; what is left to do is in it. */
export const ReleaseDeferredSchema = lazySchema(() =>
  z.object({
    opening: ChannelOpeningSchema,
    /** Absent at first. */
    progress: z
      .object({
        /** When the first of them left. */
        began: z.number(),
        /** Messages that wait, and those that have been sent to the gate. */
        all: z.number(),
        done: z.number(),
        /** The next page. */
        places: z.record(z.string(), z.record(z.string(), z.unknown()).nullable()),
      })
      .optional(),
  }),
);
export type ReleaseDeferred = z.infer<typeof ReleaseDeferredSchema>;
