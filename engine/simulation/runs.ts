import type { EntryId } from '../../core/ids.ts';
import type { Run } from '../../core/runs/run.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import type { ProfileDeps } from '../profiles/deps.ts';
import type { StartRunDeps } from '../runs/deps.ts';
import type { Committed, Fence } from '../runs/ports.ts';
import type { RegisterTokenDeps } from '../runs/register-task-token.ts';

export type Runs = StartRunDeps['runs'] & ProfileDeps['runs'] & RegisterTokenDeps['runs'];

/** Runs in memory, with the conditions of `runs.dynamo.ts`. Other runs are read from the real table, and changed only in memory. */
export function simulatedRuns(stored: (entry: EntryId) => Promise<Run | undefined>, recorder: Recorder) {
  const runs = new Map<EntryId, Run>();
  /** Runs that entered in this simulation: only they move. */
  const own = new Set<EntryId>();

  async function get(entry: EntryId): Promise<Run | undefined> {
    const known = runs.get(entry);
    if (known !== undefined) return known;
    const read = await stored(entry);
    if (read !== undefined) runs.set(entry, read);
    return read;
  }

  /** Returns false if the run does not meet the condition of the write. */
  async function update(entry: EntryId, holds: (run: Run) => boolean, next: (run: Run) => Run): Promise<boolean> {
    const run = await get(entry);
    if (run === undefined || !holds(run)) return false;
    const then = next(run);
    runs.set(entry, then);
    recorder.moved(then);
    return true;
  }

  const isAt = (fence: Fence) => (run: Run) => run.leg === fence.leg && run.step === fence.step;
  const isOpen = (fence: Fence) => (run: Run) => run.status === 'open' && isAt(fence)(run);
  const isWaiting = (fence: Fence) => (run: Run) =>
    (run.status === 'entering' || run.status === 'parked') && isAt(fence)(run);

  const closed = (run: Run, as: Pick<Run, 'reason' | 'outcome' | 'closedAt'>): Run => ({
    ...run,
    ...as,
    status: 'closed',
    token: undefined,
    claim: undefined,
    dueAt: undefined,
  });

  function planned(run: Run, { plan, node, leftAt, data, visits, park, end }: Committed): Run {
    const { token: _token, claim: _claim, executionLost: _stranded, parkedAt: _parkedAt, dueAt: _dueAt, ...rest } = run;
    const next: Run = { ...rest, plan, node, leftAt, data, visits, step: run.step + 1, status: 'open' };
    if (end) return closed(next, { reason: 'ended', outcome: end.outcome ?? 'ended', closedAt: end.at });
    return park ? { ...next, status: 'parked', dueAt: park.dueAt } : next;
  }

  const parked = (run: Run, dueAt: number): Run => ({ ...run, status: 'parked', dueAt, token: undefined });

  const store: Runs = {
    get,
    async create({ bornExited: born, ...run }) {
      if ((await get(run.entry)) !== undefined) return false;
      const entering: Run = { ...run, status: 'entering', leg: 0, step: 0, visits: {} };
      runs.set(run.entry, entering);
      own.add(run.entry);
      recorder.entered(run);
      if (born)
        await update(
          run.entry,
          () => true,
          (now) => closed(now, { reason: 'exited', outcome: born.outcome ?? 'exited', closedAt: run.at }),
        );
      return true;
    },
    beginLeg: (entry, from, committed, now) =>
      update(entry, isWaiting(from), (run) =>
        planned({ ...run, leg: from.leg + 1, legBegan: { at: now, step: from.step + 1 } }, committed),
      ),
    // No execution is lost here, so nothing has to be confirmed.
    confirmStart: async () => true,
    postponeDue: async () => true,
    commitPlan: (entry, from, committed) => update(entry, isOpen(from), (run) => planned(run, committed)),
    postpone: (entry, from, dueAt) => update(entry, isWaiting(from), (run) => ({ ...run, status: 'parked', dueAt })),
    park: (entry, from, claim, leftAt, dueAt) =>
      update(entry, isOpen(from), (run) => ({ ...parked(run, dueAt), claim, parkedAt: leftAt })),
    parkPlanned: (entry, from, dueAt, claim) =>
      update(entry, isOpen(from), (run) => ({ ...parked(run, dueAt), ...(claim === undefined ? {} : { claim }) })),
    // Goals only measure, so they are left out.
    byJourneyOf: async () => ({ entries: [] }),
    parkLost: (entry, from, dueAt) =>
      update(entry, isOpen(from), (run) => ({ ...parked(run, dueAt), executionLost: true })),
    claim: (entry, from, claim) =>
      update(
        entry,
        (run) =>
          run.status === 'open' &&
          run.step === from.step &&
          run.claim === undefined &&
          (from.leg === undefined || run.leg === from.leg),
        (run) => ({ ...run, claim }),
      ),
    setToken: (entry, from, value, attempt) =>
      update(entry, isOpen(from), (run) => ({ ...run, token: { leg: from.leg, attempt, value } })),
    close: (entry, reason, at, outcome) =>
      update(
        entry,
        (run) => run.status !== 'closed',
        (run) => closed(run, { reason, outcome: outcome ?? reason, closedAt: at }),
      ),
    end: (entry, from, at, outcome) =>
      update(entry, isOpen(from), (run) => closed(run, { reason: 'ended', outcome: outcome ?? 'ended', closedAt: at })),
  };
  /** Returns the parked run that is due next. */
  function nextDue(): Run | undefined {
    let next: Run | undefined;
    for (const entry of own) {
      const run = runs.get(entry);
      if (run?.status !== 'parked' || run.dueAt === undefined) continue;
      if (next?.dueAt === undefined || run.dueAt < next.dueAt) next = run;
    }
    return next;
  }
  return { store, nextDue };
}
