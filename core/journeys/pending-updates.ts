import type { EpochMs } from '../ids.ts';
import type { Activity } from '../profiles/activity.ts';
import type { Profile } from '../profiles/profile.ts';
import type { PlannedAction } from '../runs/run.ts';

/** Changes that `update` nodes on the way have sent to the profile's message group, which may not have applied them yet. */
export interface PendingUpdates {
  /** Instant of the update: a later change of the profile takes precedence. */
  at: EpochMs;
  traits: Record<string, unknown>;
  /** Set (true) or removed by hand. */
  tags: Record<string, boolean>;
}

export const noPendingUpdates = (at: EpochMs): PendingUpdates => ({ at, traits: {}, tags: {} });

export const addPendingUpdate = (
  pending: PendingUpdates,
  { traits, addTags = [], removeTags = [] }: Extract<PlannedAction, { kind: 'update' }>,
): PendingUpdates => ({
  ...pending,
  traits: { ...pending.traits, ...traits },
  tags: {
    ...pending.tags,
    ...Object.fromEntries(addTags.map((tag) => [tag, true])),
    ...Object.fromEntries(removeTags.map((tag) => [tag, false])),
  },
});

/** Returns the profile as it will be once its message group has applied the updates. */
export function withPendingTraits(
  profile: Profile | undefined,
  { at, traits }: Pick<PendingUpdates, 'at' | 'traits'>,
): Profile | undefined {
  const newer = Object.entries(traits).filter(([name]) => (profile?.traits[name]?.ts ?? at) <= at);
  if (profile === undefined || newer.length === 0) return profile;
  const entries = newer.map(([name, value]) => [name, { value, ts: at, by: '' }] as const);
  return { ...profile, traits: { ...profile.traits, ...Object.fromEntries(entries) } };
}

export function withPendingTags(held: Activity['tags'], { at, tags }: PendingUpdates): Activity['tags'] {
  const next = { ...held };
  for (const [tag, on] of Object.entries(tags)) {
    if (on) next[tag] ??= { since: at, by: 'journey' };
    else if (next[tag]?.by !== 'rule') delete next[tag];
  }
  return next;
}
