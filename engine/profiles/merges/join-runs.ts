import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import type { EpochMs, ProfileKey } from '../../../core/ids.ts';
import { type Effect, type OpenRun, runSlot } from '../../../core/profiles/activity.ts';
import type { ProfileDeps } from '../deps.ts';
import { endsAmong } from '../ended-runs.ts';
import { withoutEnded } from '../open-runs.ts';
import { eventOut } from '../outgoing.ts';

/**
 * A run that is read as closed (strongly consistent, after T was read), or whose item has expired, is not carried over and does not close another,
 * because its end may have been sent to T already; the end is sent again under the same id, because nobody may have sent it yet. The data that
 * re-entry needs is first stored under T: under X it would not be moved if another executor has completed X meanwhile.
 */
export async function withoutClosed(
  deps: ProfileDeps,
  into: ProfileKey,
  runs: Record<string, OpenRun>,
  snapshot: Snapshot,
  isAsked: (slot: string) => boolean = () => true,
): Promise<Record<string, OpenRun>> {
  const asked = Object.entries(runs).flatMap(([slot, run]) => (isAsked(slot) ? [run] : []));
  const ends = await endsAmong(deps, asked, deps.clock());
  const open = await withoutEnded(deps, into, runs, ends, snapshot);
  await deps.events.send(ends.map((event) => eventOut(into, event)));
  return open;
}

/** If two open runs have the same journey and key, keeps the older. */
export function joinRuns(there: Record<string, OpenRun>, here: Record<string, OpenRun>, now: EpochMs) {
  const open: Record<string, OpenRun> = { ...there };
  const superseded: Effect[] = [];
  for (const run of Object.values(here)) {
    const slot = runSlot(run.journey, run.key);
    const other = open[slot];
    const stays = other === undefined || run.at < other.at ? run : other;
    const leaves = stays === run ? other : run;
    open[slot] = stays;
    if (leaves !== undefined && leaves.entry !== stays.entry)
      superseded.push({ kind: 'supersede', entry: leaves.entry, at: now });
  }
  return { open, superseded };
}
