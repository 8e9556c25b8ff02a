import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { compress } from '../../core/compression.ts';
import { type EntryId, type EpochMs, shortHash } from '../../core/ids.ts';
import type { NewRun } from '../../core/profiles/activity.ts';
import { ENTERING_MS, type Run } from '../../core/runs/run.ts';
import type { RunStore } from '../../engine/runs/ports.ts';
import { carriedOut, newOperation } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item } from './item.ts';
import { closedTtl, DUE, isWrittenBy, runKey, runOf, updateRun, type Walk } from './run-items.ts';
import { dueShard, profileAt, runLists } from './run-lists.ts';
import { runPlans } from './run-plans.ts';
import { runClaims, runDue, runParking } from './run-stops.ts';
import { type Table, tableOf } from './table.ts';

/** Items of runs: the conditional change of one decides where its run stands. `docs/protocols.md#states-of-a-run`. */
export function runStore(client: DynamoDBDocumentClient, table: string): RunStore {
  const runs = tableOf(client, table);
  return {
    ...runStarts(runs),
    ...runPlans(runs),
    ...runDue(runs),
    ...runParking(runs),
    ...runClaims(runs),
    ...runEnds(runs),
    ...runLists(client, table),
  };
}

const runStarts = (runs: Table): Pick<RunStore, 'get' | 'getAll' | 'create'> => ({
  async get(entry: EntryId, { isEventual = false }: { isEventual?: boolean } = {}): Promise<Run | undefined> {
    const item = await (isEventual ? runs.getEventual(runKey(entry)) : runs.get(runKey(entry)));
    return item && runOf(item);
  },

  async getAll(entries: readonly EntryId[]): Promise<Run[]> {
    return (await runs.getAll(entries.map(runKey))).map(runOf);
  },

  create(run: NewRun, now: EpochMs): Promise<boolean> {
    const op = shortHash(newOperation());
    return carriedOut(runs.put(newItem(run, now, op), NOT_THERE), () => isWrittenBy(runs, run.entry, { op }));
  },
});

function newItem(run: NewRun, now: EpochMs, op: string): Item {
  const born = run.bornExited;
  return {
    ...runKey(run.entry),
    profile: run.profile,
    journey: run.journey,
    profileAt: profileAt(run.profile, run.at),
    at: run.at,
    version: run.version,
    timezone: run.timezone,
    test: run.test,
    runKey: run.key,
    walk: compress({ data: run.data } satisfies Walk),
    ...(run.own === undefined ? {} : { own: compress(run.own) }),
    status: born ? 'closed' : 'entering',
    ...(born
      ? { reason: 'exited', outcome: born.outcome ?? 'exited', closedAt: run.at, ttl: closedTtl(run.at) }
      : { dueAt: now + ENTERING_MS, dueShard: dueShard(run.entry) }),
    leg: 0,
    step: 0,
    op,
  };
}

const runEnds = (runs: Table): Pick<RunStore, 'close'> => ({
  async close(entry: EntryId, reason: NonNullable<Run['reason']>, at: EpochMs, outcome?: string): Promise<boolean> {
    const closeOp = shortHash(newOperation());
    const isClosed = await updateRun(runs, entry, {
      set: { ...closed(reason, at, outcome), closeOp },
      remove: OF_RUNNING,
      when: expression`#status IN (${'entering'}, ${'open'}, ${'parked'})`,
    });
    return isClosed || isWrittenBy(runs, entry, { closeOp });
  },
});

/** Attributes that only a run that is not closed has. `migrating` stays: an exit of that version, sent again, finds that it was this run's. */
const OF_RUNNING = ['token', 'claim', ...DUE];

const closed = (reason: string, at: EpochMs, outcome: string | undefined) => ({
  status: 'closed',
  reason,
  outcome: outcome ?? reason,
  closedAt: at,
  ttl: closedTtl(at),
});
