import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { compress, decompress } from '../../core/compression.ts';
import type { EntryId, EpochMs, ProfileKey } from '../../core/ids.ts';
import type { NewRun } from '../../core/profiles/activity.ts';
import type { Claim, Plan, Run } from '../../core/runs/run.ts';
import type { Committed, Fence, RunStore } from '../../engine/runs/ports.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { dueShard, entryOf, profileAt, runLists } from './run-lists.ts';

/** Closed runs are kept for 30 days: longer than a queue message lives, so that no redelivery opens one again. */
const CLOSED_TTL_SECONDS = 30 * 24 * 3600;

/** A run whose enrolment was lost is found after this time. An enrolment that only waits on a busy queue normally arrives earlier. */
const ENTERING_MS = 30 * 60_000;
/** A leg whose execution is not known to have started is checked after this time. */
const UNSTARTED_MS = 10 * 60_000;

/** Items of runs: the conditional change of one decides where its run stands. `docs/protocols.md#states-of-a-run`. */
export function runStore(client: DynamoDBDocumentClient, table: string): RunStore {
  const key = (entry: EntryId) => ({ pk: `RUN#${entry}`, sk: 'RUN' });

  /** Updates one run under a condition. Returns false if refused: the caller reads the run again, or recognises its own write by `isWrittenBy`. */
  function update(entry: EntryId, rest: Omit<UpdateCommandInput, 'TableName' | 'Key'>): Promise<boolean> {
    return isConditionMet(client.send(new UpdateCommand({ TableName: table, Key: key(entry), ...rest })));
  }

  async function read(entry: EntryId): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(entry), ConsistentRead: true }));
    return Item;
  }

  /** Whether the run's creation, plan or end (`op`) was written by this very call. */
  const isWrittenBy = async (entry: EntryId, operation: string): Promise<boolean> =>
    (await read(entry))?.op === operation;

  return {
    async get(entry: EntryId): Promise<Run | undefined> {
      const Item = await read(entry);
      return Item === undefined ? undefined : runOf(Item);
    },

    create(run: NewRun, now: EpochMs): Promise<boolean> {
      const born = run.bornExited;
      const op = newOperation();
      return carriedOut(
        client.send(
          new PutCommand({
            TableName: table,
            Item: {
              ...key(run.entry),
              profile: run.profile,
              journey: run.journey,
              profileAt: profileAt(run.profile, run.at),
              at: run.at,
              version: run.version,
              runKey: run.key,
              data: compress(run.data),
              ...(run.own === undefined ? {} : { own: compress(run.own) }),
              status: born ? 'closed' : 'entering',
              ...(born
                ? { reason: 'exited', outcome: born.outcome ?? 'exited', closedAt: run.at, ttl: ttlAt(run.at) }
                : { dueAt: now + ENTERING_MS, dueShard: dueShard(run.entry) }),
              leg: 0,
              step: 0,
              op,
            },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        ),
        () => isWrittenBy(run.entry, op),
      );
    },

    beginLeg(entry: EntryId, from: Fence, committed: Committed, now: EpochMs): Promise<boolean> {
      return commit(entry, committed, {
        condition: '#status IN (:entering, :parked) AND leg = :leg AND step = :step',
        names: {},
        values: { ':entering': 'entering', ':parked': 'parked', ':leg': from.leg, ':step': from.step },
        leg: from.leg + 1,
        step: from.step + 1,
        began: now,
      });
    },

    confirmStart(entry: EntryId, { leg }: Pick<Fence, 'leg'>): Promise<boolean> {
      return update(entry, {
        UpdateExpression: 'REMOVE dueAt, dueShard',
        ConditionExpression: '#status = :open AND leg = :leg',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: { ':open': 'open', ':leg': leg },
      });
    },

    postponeDue(entry: EntryId, seen: EpochMs, to: EpochMs): Promise<boolean> {
      return update(entry, {
        UpdateExpression: 'SET dueAt = :to',
        ConditionExpression: 'dueAt = :seen',
        ExpressionAttributeValues: { ':seen': seen, ':to': to },
      });
    },

    commitPlan(entry: EntryId, from: Fence, committed: Committed): Promise<boolean> {
      return commit(entry, committed, {
        condition: '#status = :open AND leg = :leg AND step = :step',
        names: {},
        values: { ':open': 'open', ':leg': from.leg, ':step': from.step },
        leg: from.leg,
        step: from.step + 1,
      });
    },

    postpone(entry: EntryId, from: Fence, dueAt: EpochMs): Promise<boolean> {
      return update(entry, {
        UpdateExpression: 'SET #status = :parked, dueAt = :dueAt, dueShard = :shard',
        ConditionExpression: '#status IN (:entering, :parked) AND leg = :leg AND step = :step',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':entering': 'entering',
          ':parked': 'parked',
          ':leg': from.leg,
          ':step': from.step,
          ':dueAt': dueAt,
          ':shard': dueShard(entry),
        },
      });
    },

    park(entry: EntryId, from: Fence, claim: Claim, leftAt: EpochMs, dueAt: EpochMs): Promise<boolean> {
      return update(entry, {
        UpdateExpression:
          'SET #status = :parked, claim = :claim, parkedAt = :leftAt, dueAt = :dueAt, dueShard = :shard REMOVE #token',
        ConditionExpression: '#status = :open AND leg = :leg AND step = :step',
        ExpressionAttributeNames: { '#status': 'status', '#token': 'token' },
        ExpressionAttributeValues: {
          ':open': 'open',
          ':parked': 'parked',
          ':leg': from.leg,
          ':step': from.step,
          ':claim': compress(claim),
          ':leftAt': leftAt,
          ':dueAt': dueAt,
          ':shard': dueShard(entry),
        },
      });
    },

    parkPlanned(entry: EntryId, from: Fence, dueAt: EpochMs, claim?: Claim): Promise<boolean> {
      return update(entry, {
        UpdateExpression: `SET #status = :parked, dueAt = :dueAt, dueShard = :shard${claim ? ', claim = :claim' : ''} REMOVE #token`,
        ConditionExpression: '#status = :open AND leg = :leg AND step = :step',
        ExpressionAttributeNames: { '#status': 'status', '#token': 'token' },
        ExpressionAttributeValues: {
          ':open': 'open',
          ':parked': 'parked',
          ':leg': from.leg,
          ':step': from.step,
          ':dueAt': dueAt,
          ...(claim ? { ':claim': compress(claim) } : {}),
          ':shard': dueShard(entry),
        },
      });
    },

    parkLost(entry: EntryId, from: Fence, dueAt: EpochMs): Promise<boolean> {
      return update(entry, {
        UpdateExpression:
          'SET #status = :parked, executionLost = :true, dueAt = :dueAt, dueShard = :shard REMOVE #token',
        ConditionExpression: '#status = :open AND leg = :leg AND step = :step',
        ExpressionAttributeNames: { '#status': 'status', '#token': 'token' },
        ExpressionAttributeValues: {
          ':open': 'open',
          ':parked': 'parked',
          ':true': true,
          ':leg': from.leg,
          ':step': from.step,
          ':dueAt': dueAt,
          ':shard': dueShard(entry),
        },
      });
    },

    claim(entry: EntryId, from: Partial<Fence> & { step: number }, claim: Claim): Promise<boolean> {
      const leg = from.leg === undefined ? '' : ' AND leg = :leg';
      return update(entry, {
        UpdateExpression: 'SET claim = :claim',
        ConditionExpression: `#status = :open AND step = :step AND attribute_not_exists(claim)${leg}`,
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: {
          ':open': 'open',
          ':step': from.step,
          ':claim': compress(claim),
          ...(from.leg === undefined ? {} : { ':leg': from.leg }),
        },
      });
    },

    setToken(entry: EntryId, from: Fence, token: string, attempt: number): Promise<boolean> {
      return update(entry, {
        UpdateExpression: 'SET #token = :token',
        ConditionExpression:
          '#status = :open AND leg = :leg AND step = :step AND (attribute_not_exists(#token) OR #token.leg < :leg OR #token.attempt <= :attempt)',
        ExpressionAttributeNames: { '#status': 'status', '#token': 'token' },
        ExpressionAttributeValues: {
          ':open': 'open',
          ':leg': from.leg,
          ':step': from.step,
          ':attempt': attempt,
          ':token': { leg: from.leg, attempt, value: token },
        },
      });
    },

    close(entry: EntryId, reason: NonNullable<Run['reason']>, at: EpochMs, outcome?: string): Promise<boolean> {
      const op = newOperation();
      const closed = update(entry, {
        UpdateExpression:
          'SET #status = :closed, reason = :reason, outcome = :outcome, closedAt = :at, #ttl = :ttl, op = :op REMOVE #token, claim, dueAt, dueShard',
        ConditionExpression: '#status IN (:entering, :open, :parked)',
        ExpressionAttributeNames: { '#status': 'status', '#token': 'token', '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ':entering': 'entering',
          ':open': 'open',
          ':parked': 'parked',
          ':closed': 'closed',
          ':reason': reason,
          ':outcome': outcome ?? reason,
          ':at': at,
          ':ttl': ttlAt(at),
          ':op': op,
        },
      });
      return closed.then((isClosed) => isClosed || isWrittenBy(entry, op));
    },

    end(entry: EntryId, from: Fence, at: EpochMs, outcome?: string): Promise<boolean> {
      return update(entry, {
        UpdateExpression:
          'SET #status = :closed, reason = :ended, outcome = :outcome, closedAt = :at, #ttl = :ttl REMOVE #token, claim, dueAt, dueShard',
        ConditionExpression: '#status = :open AND leg = :leg AND step = :step',
        ExpressionAttributeNames: { '#status': 'status', '#token': 'token', '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ':open': 'open',
          ':closed': 'closed',
          ':ended': 'ended',
          ':outcome': outcome ?? 'ended',
          ':at': at,
          ':ttl': ttlAt(at),
          ':leg': from.leg,
          ':step': from.step,
        },
      });
    },

    ...runLists(client, table),
  };

  function commit(
    entry: EntryId,
    committed: Committed,
    to: {
      condition: string;
      names: Record<string, string>;
      values: Record<string, unknown>;
      leg: number;
      step: number;
      /** Start of a new leg. */
      began?: EpochMs;
    },
  ): Promise<boolean> {
    const { end, park } = committed;
    const status = end ? 'closed' : park ? 'parked' : 'open';
    const sets = [
      '#status = :to',
      'leg = :toLeg',
      'step = :toStep',
      '#plan = :plan',
      '#node = :node',
      'leftAt = :leftAt',
      '#data = :data',
      'visits = :visits',
      'op = :op',
    ];
    const op = newOperation();
    const values: Record<string, unknown> = {
      ':op': op,
      ':to': status,
      ':toLeg': to.leg,
      ':toStep': to.step,
      ':plan': compress(committed.plan),
      ':node': committed.node,
      ':leftAt': committed.leftAt,
      ':data': compress(committed.data),
      ':visits': compress(committed.visits),
      ...to.values,
    };
    const names: Record<string, string> = {
      '#status': 'status',
      '#plan': 'plan',
      '#node': 'node',
      '#data': 'data',
      '#token': 'token',
      ...to.names,
    };
    if (end) {
      sets.push('reason = :ended', 'outcome = :outcome', 'closedAt = :closedAt', '#ttl = :ttl');
      names['#ttl'] = 'ttl';
      Object.assign(values, {
        ':ended': 'ended',
        ':outcome': end.outcome ?? 'ended',
        ':closedAt': end.at,
        ':ttl': ttlAt(end.at),
      });
    }
    if (to.began !== undefined) {
      sets.push('legBegan = :legBegan');
      values[':legBegan'] = { at: to.began, step: to.step };
    }
    const removed = ['#token', 'claim', 'executionLost', 'parkedAt'];
    const dueAt = end ? undefined : (park?.dueAt ?? (to.began && to.began + UNSTARTED_MS));
    if (dueAt !== undefined) {
      sets.push('dueAt = :dueAt', 'dueShard = :shard');
      Object.assign(values, { ':dueAt': dueAt, ':shard': dueShard(entry) });
    } else {
      removed.push('dueAt', 'dueShard');
    }
    const written = update(entry, {
      UpdateExpression: `SET ${sets.join(', ')} REMOVE ${removed.join(', ')}`,
      ConditionExpression: to.condition,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    });
    return written.then((isWritten) => isWritten || isWrittenBy(entry, op));
  }
}

const ttlAt = (at: EpochMs): number => Math.floor(at / 1000) + CLOSED_TTL_SECONDS;

/** The item as `create` and the commits wrote it: the casts name what only this file writes. */
function runOf(item: Record<string, unknown>): Run {
  return {
    entry: entryOf(item),
    profile: item.profile as ProfileKey,
    journey: item.journey as string,
    version: item.version as number,
    key: item.runKey as string,
    at: item.at as EpochMs,
    data: decompress<Run['data']>(item.data),
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
    plan: item.plan === undefined ? undefined : decompress<Plan>(item.plan),
    dueAt: item.dueAt as EpochMs | undefined,
    visits: item.visits === undefined ? {} : decompress<Run['visits']>(item.visits),
    parkedAt: item.parkedAt as EpochMs | undefined,
    executionLost: item.executionLost as boolean | undefined,
    legBegan: item.legBegan as Run['legBegan'],
  };
}
