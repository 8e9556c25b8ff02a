import { compress } from '../../core/compression.ts';
import { type EntryId, type EpochMs, shortHash } from '../../core/ids.ts';
import type { Before, Committed, Fence, RunStore } from '../../engine/runs/ports.ts';
import { newOperation } from './conditional-write.ts';
import { allOf, type Expression, expression } from './expressions.ts';
import { closedTtl, DUE, enteringAt, isWrittenBy, openAt, updateRun, type Walk, waitingAt } from './run-items.ts';
import { dueShard } from './run-lists.ts';
import type { Table } from './table.ts';

/** A leg whose execution is not known to have started is checked after this time. */
const UNSTARTED_MS = 10 * 60_000;

/** Names of so many commits stay on the run: more do not follow one another in the seconds in which the SDK repeats a write. */
const COMMITS_KEPT = 3;

/** Where a commit leads, and under what condition. */
interface To extends Fence {
  when: Expression;
  /** Start of a new leg. */
  began?: EpochMs;
  /** The instant at which the run is due stays, unless the plan ends or parks it. */
  isDueLater?: boolean;
}

/** The plans of a run: its first one of a leg, and each that follows. */
export const runPlans = (runs: Table): Pick<RunStore, 'beginLeg' | 'commitPlan'> => ({
  beginLeg(
    entry: EntryId,
    { isDueLater = false, movingTo, ...from }: Before,
    committed: Committed,
    now: EpochMs,
  ): Promise<boolean> {
    const to = { leg: from.leg + 1, step: from.step + 1, began: now, isDueLater };
    // A run that was postponed is due at another instant than its creation set.
    const waits = isDueLater ? enteringAt(from) : waitingAt(from);
    return commit(runs, entry, committed, { ...to, when: allOf(waits, isMigratingTo(movingTo)) });
  },

  commitPlan(entry: EntryId, from: Fence, committed: Committed): Promise<boolean> {
    return commit(runs, entry, committed, { leg: from.leg, step: from.step + 1, when: openAt(from) });
  },
});

const isMigratingTo = (version: number | undefined): Expression =>
  version === undefined ? expression`attribute_not_exists(#migrating)` : expression`#migrating.#version = ${version}`;

async function commit(runs: Table, entry: EntryId, committed: Committed, to: To): Promise<boolean> {
  const { end, park } = committed;
  const name = shortHash(newOperation());
  const commits = [...(committed.commits ?? []), name].slice(-COMMITS_KEPT);
  const staysDue = to.isDueLater === true && !end && !park;
  const dueAt = end ? undefined : (park?.dueAt ?? (to.began && to.began + UNSTARTED_MS));
  const isWritten = await updateRun(runs, entry, {
    set: {
      status: end ? 'closed' : park ? 'parked' : 'open',
      leg: to.leg,
      step: to.step,
      walk: compress({ plan: committed.plan, data: committed.data, visits: committed.visits, commits } satisfies Walk),
      node: committed.node,
      version: committed.version,
      leftAt: committed.leftAt,
      ...(end && { reason: 'ended', outcome: end.outcome ?? 'ended', closedAt: end.at, ttl: closedTtl(end.at) }),
      ...(to.began !== undefined && { legBegan: { at: to.began, step: to.step } }),
      ...(dueAt !== undefined && !staysDue && { dueAt, dueShard: dueShard(entry) }),
    },
    remove: ['token', 'claim', 'executionLost', 'parkedAt', 'migrating', ...(dueAt === undefined ? DUE : [])],
    when: to.when,
  });
  return isWritten || isWrittenBy(runs, entry, { commit: name });
}
