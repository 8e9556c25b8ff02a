import { runEnded } from '../../../core/events/internal.ts';
import type { EpochMs } from '../../../core/ids.ts';
import { runEndedFact, takenFact } from '../../../core/measuring/fact.ts';
import type { Run } from '../../../core/runs/run.ts';
import { inParallel } from '../../shared/adapters/parallel.ts';
import { eventOut } from '../../shared/profiles/effects.ts';
import type { Deps } from '../deps.ts';
import { type Changed, goLive, move, type Verb, wrongState } from './lifecycle.ts';

const OUTCOME = 'archived';
/** Runs closed in one call. What is left is barred by `archived` in the live rules. */
const MOST_PAGES = 20;
const PAGE = 100;
/** A call broken off between a run's close and its telling is made again within this. */
const RETELL_MS = 15 * 60_000;

/**
 * published or paused → archived: out of the live rules, which from then on bar its runs (`Snapshot.archived`); then its open runs are closed.
 * Repeated on an archived journey, it goes on closing what an earlier call left.
 */
export async function archive(verb: Verb): Promise<Changed> {
  const { deps, id } = verb;
  const changed = await move(verb, async ({ head }) => {
    const { published, paused: _paused, pins: _pins, ...rest } = head;
    if (published === undefined && head.archivedUpTo === undefined)
      throw wrongState('Only a published journey can be archived.');
    const archivedUpTo = Math.max(published ?? 0, head.archivedUpTo ?? 0);
    return { ...rest, status: 'archived', archivedUpTo };
  });
  await goLive(deps, id);
  await deps.rules.setPause({ journey: id }, undefined);
  await closeRuns(deps, id, MOST_PAGES);
  return changed;
}

async function closeRuns(deps: Deps, journey: string, pages: number): Promise<void> {
  let cursor: Record<string, unknown> | undefined;
  for (let read = 0; read < pages; read += 1) {
    const { entries, next } = await deps.runs.byJourney(journey, { limit: PAGE, cursor });
    await inParallel(8, entries, (entry) => closeRun(deps, entry));
    if (next === undefined) return;
    cursor = next;
  }
  deps.log.warn('archived journey has runs left to close; its rules bar them', { journey });
}

/** Closes the run, then tells its profile's lane that it has ended; a repeat soon after tells it again, under the same event id. */
async function closeRun(deps: Deps, entry: string): Promise<void> {
  const run = await deps.runs.get(entry);
  const now = deps.clock();
  if (run === undefined || isTold(run, now)) return;
  if (run.status !== 'closed' && !(await deps.runs.close(entry, 'archived', now, OUTCOME))) return;
  const home = await deps.profiles.home(run.profile);
  await deps.queues.facts.tell([runEndedFact(run, OUTCOME, now), ...takenFact(run, now)]);
  await deps.queues.events.send([eventOut(home.key, runEnded(run, OUTCOME, now))]);
}

/** Closed otherwise, or by an archive that is long over. */
const isTold = (run: Run, now: EpochMs): boolean =>
  run.status === 'closed' && (run.reason !== 'archived' || now - (run.closedAt ?? 0) > RETELL_MS);
