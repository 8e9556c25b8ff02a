import type { Run } from '../../core/runs/run.ts';
import type { Committed, Fence } from '../runs/ports.ts';

/** Whether a run meets the condition of a write. */
export type Condition = (run: Run) => boolean;

export const isAt =
  (fence: Fence): Condition =>
  (run) =>
    run.leg === fence.leg && run.step === fence.step;

export const isOpen =
  (fence: Fence): Condition =>
  (run) =>
    run.status === 'open' && isAt(fence)(run);

export const isWaiting =
  (fence: Fence): Condition =>
  (run) =>
    (run.status === 'entering' || run.status === 'parked') && isAt(fence)(run);

/** An open run at this step, and at this leg if one is given, that no event has claimed. */
export const isUnclaimed =
  (from: { step: number; leg?: number }): Condition =>
  (run) =>
    run.status === 'open' &&
    run.step === from.step &&
    run.claim === undefined &&
    (from.leg === undefined || run.leg === from.leg);

export const closed = (run: Run, as: Pick<Run, 'reason' | 'outcome' | 'closedAt'>): Run => ({
  ...run,
  ...as,
  status: 'closed',
  token: undefined,
  claim: undefined,
  dueAt: undefined,
});

export function planned(run: Run, { plan, node, leftAt, data, visits, park, end }: Committed): Run {
  const { token: _token, claim: _claim, executionLost: _lost, parkedAt: _parkedAt, dueAt: _dueAt, ...rest } = run;
  const next: Run = { ...rest, plan, node, leftAt, data, visits, step: run.step + 1, status: 'open' };
  if (end) return closed(next, { reason: 'ended', outcome: end.outcome ?? 'ended', closedAt: end.at });
  return park ? { ...next, status: 'parked', dueAt: park.dueAt } : next;
}

export const parked = (run: Run, dueAt: number): Run => ({ ...run, status: 'parked', dueAt, token: undefined });
