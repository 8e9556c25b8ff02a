import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import { evaluate } from '../../core/conditions/evaluate.ts';
import { featureSource } from '../../core/conditions/event-source.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { evaluationContextOf } from '../profiles/evaluate-tags.ts';
import type { CurrentProfile } from '../profiles/ports.ts';

export type FatigueDeps = Parameters<typeof caughtUpNow>[0];

/** Returns the channels that the customer is tired of now. Without `settings.fatigue` it asks nothing. */
export async function fatiguedChannels(
  deps: FatigueDeps,
  home: Pick<CurrentProfile, 'key' | 'profile' | 'activity'>,
  { settings }: Pick<Snapshot, 'settings'>,
): Promise<Set<Channel>> {
  if (settings.fatigue.length === 0) return new Set();
  const { activity, snapshot } = await caughtUpNow(deps, home);
  if (activity === undefined) return new Set();
  const events = featureSource(activity.features, snapshot.features.specs);
  const context = evaluationContextOf(home.profile, activity, snapshot, deps.clock(), events);
  const channels = new Set(snapshot.settings.fatigue.map(({ channel }) => channel));
  return new Set([...channels].filter((channel) => evaluate({ fatigued: channel }, context).is));
}
