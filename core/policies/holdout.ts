import type { ProfileKey } from '../ids.ts';
import { shareOf } from '../shares.ts';

/**
 * Whether the profile is in the global control group of this share (0 to 1), which gets no marketing from any journey or campaign. Drawn from the profile
 * alone: the same at every message, and a larger share holds all of a smaller one.
 */
export const isInGlobalHoldout = (profile: ProfileKey, share: number): boolean =>
  shareOf('global-holdout', profile) < share;
