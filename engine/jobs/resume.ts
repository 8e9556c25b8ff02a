import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';

/** Default number of runs or messages that are resumed per minute after a pause. */
export const RESUMED_A_MINUTE = 6_000;
export const ResumeSchema = lazySchema(() =>
  z
    .strictObject({ comment: z.string().max(2_000).optional(), perMinute: z.int().min(1).max(1_000_000).optional() })
    .prefault({}),
);
