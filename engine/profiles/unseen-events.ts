import { type CairnEvent, compareEvents } from '../../core/events/event.ts';
import { type ProfileKey, shortHash } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { ProfileDeps } from './deps.ts';

/**
 * An event may be a client's repeat. If it is older than `LIVE_MS`, its id is looked up among the older ids of `REPEATS_MS`. Otherwise only among the
 * most recent ones, because those of a busy profile leave `ids` within seconds.
 */
const LIVE_MS = 60_000;
const RECENT_MS = 15 * 60_000;
const REPEATS_MS = 8 * 24 * 3600_000;

/** Step 2: events that no commit holds yet, each once, in order. */
export async function unseen(
  deps: ProfileDeps,
  key: ProfileKey,
  activity: Activity,
  events: CairnEvent[],
): Promise<CairnEvent[]> {
  const known = new Set(activity.ids);
  const found = new Map<string, CairnEvent>();
  for (const event of events) if (!known.has(shortHash(event.id)) && !found.has(event.id)) found.set(event.id, event);
  const fresh = [...found.values()].sort(compareEvents);
  if (activity.trimmedAt === undefined || fresh.length === 0) return fresh;
  const now = deps.clock();
  const { trimmedAt } = activity;
  // An event may be a repeat of one whose id was trimmed since. Its client's clock may be fast.
  const isLive = ({ at, sentAt = at }: CairnEvent) => now - Math.min(at, sentAt) <= LIVE_MS && sentAt <= now + LIVE_MS;
  // Since it was received, an earlier delivery may have counted it: a redriven one lay on a dead-letter queue for weeks.
  const sinceOf = (event: CairnEvent) => Math.min(now - (isLive(event) ? RECENT_MS : REPEATS_MS), event.receivedAt);
  const suspects = fresh.filter((event) => sinceOf(event) <= trimmedAt);
  if (suspects.length === 0) return fresh;
  const hashes = new Set(suspects.map(({ id }) => shortHash(id)));
  const older = await deps.profiles.olderIds(key, hashes, Math.min(...suspects.map(sinceOf)));
  return fresh.filter(({ id }) => !older.has(shortHash(id)));
}
