import { hashId, type ProfileKey } from '../ids.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
/** Characters of a hash that make a share: 50 bits. */
const DIGITS = 10;

/**
 * Whether the profile is in the global control group of this share (0 to 1), which gets no marketing from any journey or campaign. Drawn from the profile
 * alone: the same at every message, and a larger share holds all of a smaller one.
 */
export const isInGlobalHoldout = (profile: ProfileKey, share: number): boolean => share > 0 && drawn(profile) < share;

/** A share, 0 ≤ share < 1, always the same for the profile. */
const drawn = (profile: ProfileKey): number =>
  [...hashId('global-holdout', profile).slice(0, DIGITS)].reduce(
    (share, digit, index) => share + ALPHABET.indexOf(digit) / 32 ** (index + 1),
    0,
  );
