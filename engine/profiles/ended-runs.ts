import type { CairnEvent } from '../../core/events/event.ts';
import { runEndedEvent } from '../../core/events/internal.ts';
import { type EpochMs, type ProfileKey, shortHash } from '../../core/ids.ts';
import type { Activity, OpenRun } from '../../core/profiles/activity.ts';
import { CLOSED_RUN_MS } from '../../core/runs/run.ts';
import type { Queue } from '../ports.ts';
import type { RunStore } from '../runs/ports.ts';
import { eventOut } from './outgoing.ts';

interface EndedRunsDeps {
  runs: Pick<RunStore, 'getAll'>;
}

/** Outcome of a run whose item is gone: no condition names it. */
const UNKNOWN = 'unknown';

/**
 * Returns the ends of those listed runs that have ended. A run's end is sent to the profile only where a live rule asks for it; the other runs stay
 * listed until somebody looks.
 */
export async function endsAmong(
  { runs }: EndedRunsDeps,
  listed: readonly OpenRun[],
  now: EpochMs,
): Promise<CairnEvent[]> {
  if (listed.length === 0) return [];
  const items = new Map((await runs.getAll(listed.map(({ entry }) => entry))).map((run) => [run.entry, run]));
  return listed.flatMap((run) => {
    const item = items.get(run.entry);
    if (item?.status === 'closed')
      return [runEndedEvent(run, item.outcome ?? item.reason ?? UNKNOWN, item.closedAt ?? run.at)];
    return item === undefined && isExpired(run, now) ? [runEndedEvent(run, UNKNOWN, run.at)] : [];
  });
}

/** Returns whether a listed run without an item has ended long ago. One that was listed a moment ago may have no item yet. */
const isExpired = ({ at }: OpenRun, now: EpochMs): boolean => at < now - CLOSED_RUN_MS;

/** Sends the profile the ends of those of these runs that have ended. A repeat sends the same events. */
export async function publishEnds(
  deps: EndedRunsDeps & { events: Pick<Queue, 'send'> },
  key: ProfileKey,
  runs: readonly OpenRun[],
  now: EpochMs,
): Promise<void> {
  const ends = await endsAmong(deps, runs, now);
  await deps.events.send(ends.map((event) => eventOut(key, event)));
}

/** Returns the ends that no commit of the profile has counted. */
export const uncounted = (ends: readonly CairnEvent[], { ids }: Pick<Activity, 'ids'>): CairnEvent[] => {
  const known = new Set(ids);
  return ends.filter(({ id }) => !known.has(shortHash(id)));
};

/** Returns `open` without the runs that these events end. */
export function withoutEnds(open: Activity['openRuns'], ends: readonly CairnEvent[]): Activity['openRuns'] {
  if (ends.length === 0) return open;
  const ended = new Set(ends.map(({ properties }) => properties?.entry));
  return Object.fromEntries(Object.entries(open).filter(([, { entry }]) => !ended.has(entry)));
}
