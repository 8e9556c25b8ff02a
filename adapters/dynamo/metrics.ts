import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { type Cohort, cohortOf, dayOf, isHourCounter } from '../../core/metrics/buckets.ts';
import type { Metrics } from '../../engine/metrics/ports.ts';
import { carriedOut, newOperation } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import { tableOf } from './table.ts';

const ONCE_TTL_SECONDS = 60 * 24 * 3600;

/** Error names with which DynamoDB says that it did not carry out the write, so that it may be repeated. */
const REFUSALS = new Set(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded']);

type Counts = Record<string, number>;

/** Counters by scope and day (UTC). An `add` must not be made twice: pass a client that does not retry by itself, and as `marks` one that may. */
export function metricsStore(client: DynamoDBDocumentClient, table: string, marks = client): Metrics {
  const counters = tableOf(client, table);
  const facts = tableOf(marks, table);

  async function between(scope: string, from: string, to: string, limit?: number) {
    const { items } = await counters.query(expression`#pk = ${scope} AND #sk BETWEEN ${from} AND ${to}`, { limit });
    return items.map(({ pk: _pk, sk, ...counts }) => ({ day: String(sk), counts: counts as Counts }));
  }

  return {
    async add(scope: string, day: string, counts: Record<string, number>): Promise<boolean> {
      if (Object.keys(counts).length === 0) return true;
      try {
        await counters.update({ pk: scope, sk: day }, { add: counts });
        return true;
      } catch (error) {
        if (error instanceof Error && REFUSALS.has(error.name)) return false;
        throw error;
      }
    },

    async first(mark: string, at: number): Promise<boolean> {
      const key = { pk: `fact#${hashId('fact', mark)}`, sk: 'ONCE' };
      const op = newOperation();
      return carriedOut(
        facts.put({ ...key, op, ttl: Math.floor(at / 1000) + ONCE_TTL_SECONDS }, NOT_THERE),
        async () => (await facts.get(key))?.op === op,
      );
    },

    async read(scope: string, from: string, to: string): Promise<{ day: string; counts: Record<string, number> }[]> {
      const days = await between(scope, from, to, 400);
      return days.map(({ day, counts }) => ({
        day,
        counts: Object.fromEntries(Object.entries(counts).filter(([name]) => !isHourCounter(name))),
      }));
    },

    async sentBetween(scope: string, from: EpochMs, to: EpochMs): Promise<Cohort> {
      return cohortOf(await between(scope, dayOf(from), dayOf(to)), from, to);
    },
  };
}
