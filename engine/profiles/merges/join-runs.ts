import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import { runEnded } from '../../../core/events/internal.ts';
import type { EpochMs, ProfileKey } from '../../../core/ids.ts';
import { type Effect, type OpenRun, runSlot } from '../../../core/profiles/activity.ts';
import type { ProfileDeps } from '../deps.ts';
import { eventOut } from '../execute-effects.ts';
import { putAside } from '../open-runs.ts';

/**
 * A run that is read as closed (strongly consistent, after T was read) is not carried over and does not close another, because its end may have been
 * sent to T already; the end is sent again under the same id, because nobody may have sent it yet. The data that re-entry needs is first stored under
 * T: under X it would not be moved if another executor has completed X meanwhile.
 */
export async function withoutClosed(
  deps: ProfileDeps,
  into: ProfileKey,
  runs: Record<string, OpenRun>,
  snapshot: Snapshot,
  isAsked: (slot: string) => boolean = () => true,
): Promise<Record<string, OpenRun>> {
  const open: Record<string, OpenRun> = {};
  for (const [slot, run] of Object.entries(runs)) {
    const item = isAsked(slot) ? await deps.runs.get(run.entry) : undefined;
    if (item?.status !== 'closed') open[slot] = run;
    else {
      await putAside(deps, into, slot, run, snapshot);
      await deps.events.send([eventOut(into, runEnded(run, item.outcome ?? 'ended', item.closedAt ?? run.at))]);
    }
  }
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
