import type { EpochMs } from '../../core/ids.ts';
import type { ExecutionState, Plan, Run } from '../../core/runs/run.ts';

/** Longest timeout that Step Functions accepts. */
const LONGEST_TIMEOUT_SECONDS = 99_999_999;

/** An execution ends after one year: a longer rest is split, and continues in the next leg. */
const LONGEST_LEG_MS = 300 * 24 * 3600_000;
const SHORTEST_REST_MS = 60_000;

/** Returns the output for the state machine: the stop to rest at, and until when, rounded up to the second (AWS truncates). */
export function executionState(run: Run, plan: Plan, now: EpochMs): ExecutionState {
  const base = { entry: run.entry, leg: run.leg, n: plan.n + 1 };
  if (plan.next.kind !== 'stop') return { ...base, next: 'end' };
  const cut = Math.max((run.legBegan?.at ?? now) + LONGEST_LEG_MS, now + SHORTEST_REST_MS);
  const planned = Math.min(plan.next.until, cut);
  const until = (planned <= now ? Math.floor(planned / 1000) : Math.ceil(planned / 1000)) * 1000;
  return {
    ...base,
    next: plan.next.node,
    until: new Date(until).toISOString(),
    seconds: Math.min(LONGEST_TIMEOUT_SECONDS, Math.max(1, Math.ceil((until - now) / 1000))),
  };
}
