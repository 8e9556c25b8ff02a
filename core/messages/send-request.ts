import * as z from 'zod';
import { ChannelSchema } from '../channels/registry.ts';
import { lazySchema } from '../lazy-schema.ts';
import { SourceSchema } from './source.ts';

/** Answers to somebody and messages of journeys (`now`) go before what is sent to many at once (`bulk`). */
export const PRIORITIES = ['now', 'bulk'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** Body of a message on the `send-<channel>-now` and `-bulk` queues: one message to one profile. Delivered at least once; the row in Messages decides. */
export const SendRequestSchema = lazySchema(() =>
  z.object({
    message: z.string(),
    /** Home of the run, or the profile addressed; the gate walks `mergedInto` from here. */
    profile: z.string(),
    template: z.object({ id: z.string(), version: z.number() }),
    /** The node's list; absent: trait `preferredChannel`, else the settings' list. */
    channels: z.array(ChannelSchema).optional(),
    source: SourceSchema,
    /** When it was requested, epoch ms. */
    at: z.number(),
    /** Epoch ms after which it is `expired`; absent for transactional messages. */
    validUntil: z.number().optional(),
    /** Why it is to be refused, as it was decided before: `late`, `no-template`. Such a message has its row by the gate, as every other has. */
    refuse: z.string().optional(),
    /** `data` of Liquid if there is no run. */
    data: z.record(z.string(), z.unknown()).optional(),
    /** The run's data at its `send`, if they are small: the sender need not read the run to render. The message's row does not keep them. */
    runData: z.record(z.string(), z.unknown()).optional(),
    /** Traits that its run set at `at`, which the profile may not have applied yet. */
    traits: z.record(z.string(), z.unknown()).optional(),
    /** Id of the act by which a person resends it; it reopens the row once. */
    resend: z.string().optional(),
    /** The queue of each of its channels on which it waits; absent: `now`. */
    priority: z.enum(PRIORITIES).optional(),
    /** Its place in the line for its provider, while `settings.rates` has no room: when it comes, and how often it has come since. */
    inLine: z.object({ at: z.number(), times: z.number() }).optional(),
    /** It was held, and is sent again. */
    released: z.boolean().optional(),
    /** Its run parks until it has ended: at its request it had to wait. */
    rests: z.boolean().optional(),
    /** The last look has sent it back: the gate reads strongly consistently. The message's row does not keep it. */
    lookedAgain: z.boolean().optional(),
    /** Of a campaign: its recipient's addresses when the audience was frozen, each as `taken-addresses.ts` names it. */
    frozen: z.array(z.string()).optional(),
    /** Channels that were given up for this message and why, in order. */
    passed: z.array(z.object({ channel: ChannelSchema, reason: z.string() })).optional(),
    /** Tries on the present channel that ended in a temporary error; from 0. */
    attempt: z.number().optional(),
    /** Times that it waited for a merge. */
    waits: z.number().optional(),
    /** Tries on the present channel that its provider throttled. */
    throttled: z.number().optional(),
    /** First of the failed tries, epoch ms: retried over at least 15 minutes from here. */
    firstTryAt: z.number().optional(),
  }),
);
export type SendRequest = z.infer<typeof SendRequestSchema>;
