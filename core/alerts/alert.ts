import * as z from 'zod';
import { lazySchema } from '../lazy-schema.ts';

/** An alert is about one of these. */
export const ALERT_KINDS = ['guardrail', 'breaker', 'calendar', 'quota', 'campaign', 'entry'] as const;

/** Somebody should look: `metric` of `scope` was `value`, which is beyond `threshold`. */
export const AlertSchema = lazySchema(() =>
  z.object({
    id: z.string(),
    at: z.number(),
    kind: z.enum(ALERT_KINDS),
    /** `channel`, `journey`, `node`, `calendar` … */
    scope: z.string(),
    /** Which of them: a channel, `wake`, `wake:remind`, `cn`. */
    scopeId: z.string().optional(),
    metric: z.string(),
    value: z.number(),
    threshold: z.number(),
    did: z.enum(['paused', 'alerted']),
    /** As people read it. */
    detail: z.string().optional(),
    /** Generation of the channel or journey whose messages a guardrail measured. */
    generation: z.int().optional(),
    /** The CloudWatch alarm that raised it. */
    alarm: z.string().optional(),
    status: z.enum(['open', 'acknowledged']),
    acknowledged: z.object({ by: z.string(), at: z.number() }).optional(),
    /** It was published to the topic of alerts. */
    publishedAt: z.number().optional(),
  }),
);
export type Alert = z.infer<typeof AlertSchema>;

/** `id` is a hash of what it is about, so that a repeat raises the same alert. */
export type NewAlert = Omit<Alert, 'status' | 'acknowledged' | 'publishedAt'>;
