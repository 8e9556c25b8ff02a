import * as z from 'zod';
import { type Channel, ChannelSchema } from '../channels/registry.ts';
import { lazySchema } from '../lazy-schema.ts';

/**
 * A person of a frozen audience, as a line of a page. Short names, because there may be millions of them; no address, only its hash.
 */
export const AudienceLineSchema = lazySchema(() =>
  z.object({
    /** Profile key. */
    p: z.string(),
    /** Not a recipient: `excluded` by the condition, in the `holdout`, or a `duplicate` of an older profile with the same address. */
    g: z.enum(['excluded', 'holdout', 'duplicate']).optional(),
    /** Rank by which pilot and sample are drawn: 0 ≤ r < 1. */
    r: z.number(),
    /** When the profile was first heard of, in seconds: of two with one address, the older one stays. */
    n: z.number(),
    /** Hashes of its address on each channel that it could be sent by, in the order in which they are tried. */
    a: z.array(z.tuple([ChannelSchema, z.string()])).optional(),
    /** Index of its variant. */
    v: z.number().optional(),
    /** When it is due, epoch ms; absent: at the occurrence's instant. */
    at: z.number().optional(),
    /** Its local time had passed at `publish`, and it is skipped. */
    late: z.literal(true).optional(),
  }),
);
export type AudienceLine = z.infer<typeof AudienceLineSchema>;

/** The channel by which it would be sent. */
export const channelOf = ({ a }: AudienceLine): Channel | undefined => a?.[0]?.[0];
