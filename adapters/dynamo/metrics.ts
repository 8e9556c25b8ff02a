import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, hashId, shortHash } from '../../core/ids.ts';
import type { Sum } from '../../core/metrics/metric-event.ts';
import { sumRecordings } from '../../core/metrics/recorded.ts';
import type { Metrics } from '../../engine/metrics/ports.ts';
import { wasNeverSent } from '../never-sent.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { countsIn, writtenCounts } from './counters.ts';
import { allOf, attribute, expression, NOT_THERE } from './expressions.ts';
import { tableOf } from './table.ts';

const ONCE_TTL_SECONDS = 60 * 24 * 3600;
/** Days of one read: a report's 400 lie in 401 days of UTC. */
const MAX_DAYS = 401;

/** Error names with which DynamoDB says that it did not carry out the write, so that it may be repeated. */
const REFUSALS = new Set(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded']);

/** Counters by scope and day (UTC). An `add` must not be made twice: pass a client that does not retry by itself, and as `marks` one that may. */
export function metricsStore(client: DynamoDBDocumentClient, table: string, marks = client): Metrics {
  const counters = tableOf(client, table);
  const facts = tableOf(marks, table);

  const expiryOf = (now: EpochMs): number => Math.floor(now / 1000) + ONCE_TTL_SECONDS;

  return {
    async add({ scope, day, counts, expiresAt, revisedAt }: Sum): Promise<boolean> {
      if (Object.keys(counts).length === 0) return true;
      try {
        await counters.update(
          { pk: scope, sk: day },
          { add: writtenCounts(counts), set: { ttl: expiresAt, revisedAt } },
        );
        return true;
      } catch (error) {
        if (error instanceof Error && (REFUSALS.has(error.name) || wasNeverSent(error))) return false;
        throw error;
      }
    },

    async first(mark: string, now: EpochMs): Promise<boolean> {
      const key = { pk: `fact#${hashId('fact', mark)}`, sk: 'ONCE' };
      const op = newOperation();
      return carriedOut(
        facts.put({ ...key, op, ttl: expiryOf(now) }, NOT_THERE),
        async () => (await facts.get(key))?.op === op,
      );
    },

    async firstOf(series: string, numbers: readonly number[], now: EpochMs): Promise<ReadonlySet<number>> {
      const key = { pk: `fact#${hashId('series', series)}`, sk: 'SERIES' };
      // Each mark has the name of the call that made it, by which a repeat of the call by the SDK finds its own.
      const op = shortHash(newOperation());
      let left = [...new Set(numbers)];
      while (left.length > 0) {
        const names = left.map(markName);
        const change = {
          set: { ...Object.fromEntries(names.map((name) => [name, op])), ttl: expiryOf(now) },
          when: allOf(...names.map((name) => expression`attribute_not_exists(${attribute(name)})`)),
        };
        if (await isConditionMet(facts.update(key, change))) return new Set(left);
        const marks = (await facts.get(key)) ?? {};
        if (names.every((name) => marks[name] === op)) return new Set(left);
        left = left.filter((number) => marks[markName(number)] === undefined);
      }
      return new Set();
    },

    async read(scope: string, from: string, to: string): Promise<{ day: string; counts: Record<string, number> }[]> {
      const between = expression`#pk = ${scope} AND #sk BETWEEN ${from} AND ${to}`;
      const { items } = await counters.query(between, { limit: MAX_DAYS });
      return items.map(({ pk: _pk, sk, ...counts }) => ({ day: String(sk), counts: sumRecordings(countsIn(counts)) }));
    },
  };
}

const markName = (number: number): string => `m${number}`;
