import * as z from 'zod';
import { chosenUnion } from '../definitions/keyed-union.ts';
import { lazySchema } from '../lazy-schema.ts';
import { type Audience, AudienceSchema } from './schema.ts';

/** Profiles that one trigger may name: they are read at once, and make one page of the audience. */
export const MAX_NAMED = 1_000;

export type TriggerAudience = Audience | { profileIds: string[] };

/** Whom a trigger sends to instead of the campaign's own audience. */
export const TriggerAudienceSchema: z.ZodType<TriggerAudience> = lazySchema(() => {
  const named = z.strictObject({ profileIds: z.array(z.string().min(1).max(255)).min(1).max(MAX_NAMED) });
  return chosenUnion<TriggerAudience>([named, AudienceSchema], (value) =>
    typeof value === 'object' && value !== null && 'profileIds' in value ? named : AudienceSchema,
  );
});
