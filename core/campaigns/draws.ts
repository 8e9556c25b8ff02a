import type { DefinitionId, ProfileKey } from '../ids.ts';
import { byWeight, shareOf } from '../shares.ts';

/**
 * Draws by hash: the same person is drawn alike in each occurrence of a campaign, on every machine and at every repeat. Each purpose has a hash of its
 * own, so that who is in the holdout says nothing of the pilot, the sample or the variant.
 */
type Purpose = 'holdout' | 'pilot' | 'sample' | 'variant';
const drawn = (purpose: Purpose, campaign: DefinitionId, person: string): number =>
  shareOf('campaign', purpose, campaign, person);

/**
 * Who is drawn. Without `address`, the profile. With it, the hash of an address stands for the profile, and all profiles of one address are drawn alike:
 * a caller gives it for everybody or for nobody, because the two draws differ. Campaigns give none: their duplicates are taken out before the holdout,
 * so that of several profiles with one address only the oldest is drawn, and the others get nothing either way.
 */
export interface Drawn {
  profile: ProfileKey;
  address?: string;
}
const nameOf = ({ profile, address }: Drawn): string => (address === undefined ? profile : `address:${address}`);

/** Whether the person is in the campaign's holdout of `percent` (0–100). A larger holdout holds all of a smaller one. */
export const isHeldOut = (campaign: DefinitionId, person: Drawn, percent: number): boolean =>
  drawn('holdout', campaign, nameOf(person)) < percent / 100;

/** Whether the profile is in the sample of `percent` (0–100) that is split before the winner is known. */
export const isInSample = (campaign: DefinitionId, profile: ProfileKey, percent: number): boolean =>
  drawn('sample', campaign, profile) < percent / 100;

/** Returns the profile's variant by weights; undefined if none has a weight. */
export const variantOf = <Variant extends { weight: number }>(
  campaign: DefinitionId,
  profile: ProfileKey,
  variants: readonly Variant[],
): Variant | undefined => byWeight(drawn('variant', campaign, profile), variants);

/** Rank of a profile in the pilot, 0 ≤ rank < 1: a pilot of n is the n profiles of the audience with the smallest ranks. */
export const pilotRank = (campaign: DefinitionId, profile: ProfileKey): number => drawn('pilot', campaign, profile);

/** Returns the n smallest ranks of several lists, in order. Lists of a part of the audience each merge in any order, also merged ones. */
export const smallestRanks = (lists: readonly (readonly number[])[], n: number): number[] =>
  lists
    .flat()
    .sort((a, b) => a - b)
    .slice(0, Math.max(0, n));

/**
 * Returns the rank up to which, included, profiles belong to a pilot of n; `smallest`: the n smallest ranks of the audience. All belong to it if there are
 * no more than n, none if n is 0. Ranks have 50 bits: among 100 million profiles two share one in some audiences, and a pilot may then have n + 1.
 */
export const pilotThreshold = (smallest: readonly number[], n: number): number => smallest[n - 1] ?? (n > 0 ? 1 : -1);
