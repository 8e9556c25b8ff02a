import type { EntryId } from '../../core/ids.ts';
import type { NewRun } from '../../core/profiles/activity.ts';
import type { Run } from '../../core/runs/run.ts';
import type { Recorder } from '../../core/simulation/recorder.ts';
import type { ProfileDeps } from '../profiles/deps.ts';
import type { StartRunDeps } from '../runs/deps.ts';
import type { RegisterTokenDeps } from '../runs/register-task-token.ts';
import { type Condition, closed, isOpen, isUnclaimed, isWaiting, parked, planned } from './run-transitions.ts';

export type Runs = StartRunDeps['runs'] & ProfileDeps['runs'] & RegisterTokenDeps['runs'];

/** Runs in memory, with the conditions of `adapters/dynamo/runs.ts`. Other runs are read from the real table, and changed only in memory. */
export function simulatedRuns(stored: (entry: EntryId) => Promise<Run | undefined>, recorder: Recorder) {
  const rows = new RunRows(stored, recorder);
  const store: Runs = {
    get: (entry) => rows.get(entry),
    getAll: async (entries) =>
      (await Promise.all(entries.map((entry) => rows.get(entry)))).filter((run) => run !== undefined),
    create: (run) => rows.create(run),
    beginLeg: (entry, from, committed, now) =>
      rows.update(entry, isWaiting(from), (run) =>
        planned({ ...run, leg: from.leg + 1, legBegan: { at: now, step: from.step + 1 } }, committed),
      ),
    // No execution is lost here, so nothing has to be confirmed.
    confirmStart: async () => true,
    postponeDue: async () => true,
    commitPlan: (entry, from, committed) => rows.update(entry, isOpen(from), (run) => planned(run, committed)),
    postpone: (entry, from, dueAt) =>
      rows.update(entry, isWaiting(from), (run) => ({ ...run, status: 'parked', dueAt })),
    park: (entry, from, claim, leftAt, dueAt) =>
      rows.update(entry, isOpen(from), (run) => ({ ...parked(run, dueAt), claim, parkedAt: leftAt })),
    parkPlanned: (entry, from, dueAt, claim) =>
      rows.update(entry, isOpen(from), (run) => ({ ...parked(run, dueAt), ...(claim === undefined ? {} : { claim }) })),
    // Goals only measure, so they are left out.
    byJourneyOf: async () => ({ entries: [] }),
    parkLost: (entry, from, dueAt) =>
      rows.update(entry, isOpen(from), (run) => ({ ...parked(run, dueAt), executionLost: true })),
    // Nobody moves a simulated run to another version.
    migrate: async () => false,
    claim: (entry, from, claim) => rows.update(entry, isUnclaimed(from), (run) => ({ ...run, claim })),
    setToken: (entry, from, value, attempt) =>
      rows.update(entry, isOpen(from), (run) => ({ ...run, token: { leg: from.leg, attempt, value } })),
    close: (entry, reason, at, outcome = reason) =>
      rows.update(
        entry,
        (run) => run.status !== 'closed',
        (run) => closed(run, { reason, outcome, closedAt: at }),
      ),
  };
  return { store, nextDue: () => rows.nextDue() };
}

class RunRows {
  readonly #rows = new Map<EntryId, Run>();
  /** Runs that entered in this simulation: only they move. */
  readonly #own = new Set<EntryId>();
  readonly #stored: (entry: EntryId) => Promise<Run | undefined>;
  readonly #recorder: Recorder;

  constructor(stored: (entry: EntryId) => Promise<Run | undefined>, recorder: Recorder) {
    this.#stored = stored;
    this.#recorder = recorder;
  }

  async get(entry: EntryId): Promise<Run | undefined> {
    const known = this.#rows.get(entry);
    if (known !== undefined) return known;
    const read = await this.#stored(entry);
    if (read !== undefined) this.#rows.set(entry, read);
    return read;
  }

  /** Returns false if the run does not meet the condition of the write. */
  async update(entry: EntryId, isMet: Condition, next: (run: Run) => Run): Promise<boolean> {
    const run = await this.get(entry);
    if (run === undefined || !isMet(run)) return false;
    const then = next(run);
    this.#rows.set(entry, then);
    this.#recorder.moved(then);
    return true;
  }

  async create({ bornExited: born, ...run }: NewRun): Promise<boolean> {
    if ((await this.get(run.entry)) !== undefined) return false;
    this.#rows.set(run.entry, { ...run, status: 'entering', leg: 0, step: 0, visits: {} });
    this.#own.add(run.entry);
    this.#recorder.entered(run);
    if (born) {
      const exit = { reason: 'exited', outcome: born.outcome ?? 'exited', closedAt: run.at } as const;
      await this.update(
        run.entry,
        () => true,
        (now) => closed(now, exit),
      );
    }
    return true;
  }

  /** Returns the parked run that is due next. */
  nextDue(): Run | undefined {
    let next: Run | undefined;
    for (const entry of this.#own) {
      const run = this.#rows.get(entry);
      if (run?.status !== 'parked' || run.dueAt === undefined) continue;
      if (next?.dueAt === undefined || run.dueAt < next.dueAt) next = run;
    }
    return next;
  }
}
