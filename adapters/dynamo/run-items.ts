import { decompress } from '../../core/compression.ts';
import type { EntryId, EpochMs, ProfileKey } from '../../core/ids.ts';
import { CLOSED_RUN_MS, type Claim, type Run } from '../../core/runs/run.ts';
import type { Fence } from '../../engine/runs/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { type Change, type Expression, expression } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { entryOf } from './run-lists.ts';
import type { Table } from './table.ts';

/** A run's item, its conditions, and its attributes back as a run. */

/** No redelivery opens a closed run again, because it outlives every queue message. */
export const closedTtl = (at: EpochMs): number => Math.floor((at + CLOSED_RUN_MS) / 1000);

export const runKey = (entry: EntryId): Key => ({ pk: `RUN#${entry}`, sk: 'RUN' });

/** An open run, on this leg and at this step: whoever was overtaken writes nothing. */
export const openAt = ({ leg, step }: Fence): Expression =>
  expression`#status = ${'open'} AND #leg = ${leg} AND #step = ${step}`;

/** A run between two legs, or before its first one. */
export const waitingAt = ({ leg, step }: Fence): Expression =>
  expression`#status IN (${'entering'}, ${'parked'}) AND #leg = ${leg} AND #step = ${step}`;

/** A run between two legs. */
export const parkedAt = ({ leg, step }: Fence): Expression =>
  expression`#status = ${'parked'} AND #leg = ${leg} AND #step = ${step}`;

/** A run before its first leg that nobody has postponed. */
export const enteringAt = ({ leg, step }: Fence): Expression =>
  expression`#status = ${'entering'} AND #leg = ${leg} AND #step = ${step}`;

export const DUE = ['dueAt', 'dueShard'];

/** An update of one run; false when its condition is refused: the caller reads the run again, or knows its own by `isWrittenBy`. */
export const updateRun = (runs: Table, entry: EntryId, change: Change & { when: Expression }): Promise<boolean> =>
  isConditionMet(runs.update(runKey(entry), change));

/**
 * Whether this very call has written the run. Each kind of write has a name of its own, and plans keep those of the last ones: before the SDK repeats a
 * write whose answer was lost, others may have begun the run, moved it on or closed it.
 */
export const isWrittenBy = async (
  runs: Table,
  entry: EntryId,
  named: { op: string } | { closeOp: string } | { commit: string },
): Promise<boolean> => {
  const item = await runs.get(runKey(entry));
  if (item === undefined) return false;
  if ('commit' in named) return walkOf(item).commits?.includes(named.commit) === true;
  return 'op' in named ? item.op === named.op : item.closeOp === named.closeOp;
};

/** A walk changes these. They are in one attribute, because compressed together they are half as long: an item above 1 KB costs a unit more at each write. */
export type Walk = Pick<Run, 'data'> & Partial<Pick<Run, 'plan' | 'visits' | 'commits'>>;
export const walkOf = (item: Item): Walk => decompress<Walk>(item.walk);

/** The item as `create` and the commits wrote it: the casts name what only these files write. */
export function runOf(item: Item): Run {
  const { plan, data, visits = {}, commits } = walkOf(item);
  return {
    entry: entryOf(item),
    profile: item.profile as ProfileKey,
    journey: item.journey as string,
    version: item.version as number,
    timezone: item.timezone as string | undefined,
    test: item.test as Run['test'],
    key: item.runKey as string,
    at: item.at as EpochMs,
    data,
    ...(item.own === undefined ? {} : { own: decompress<Run['own']>(item.own) }),
    status: item.status as Run['status'],
    reason: item.reason as Run['reason'],
    outcome: item.outcome as string | undefined,
    closedAt: item.closedAt as EpochMs | undefined,
    leg: item.leg as number,
    step: item.step as number,
    node: item.node as string | undefined,
    leftAt: item.leftAt as EpochMs | undefined,
    claim: item.claim === undefined ? undefined : decompress<Claim>(item.claim),
    token: item.token as Run['token'],
    plan,
    dueAt: item.dueAt as EpochMs | undefined,
    visits,
    commits,
    parkedAt: item.parkedAt as EpochMs | undefined,
    executionLost: item.executionLost as boolean | undefined,
    migrating: item.migrating as Run['migrating'],
    legBegan: item.legBegan as Run['legBegan'],
  };
}
