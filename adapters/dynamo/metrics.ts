import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { type Cohort, cohortOf, dayOf, isHourCounter } from '../../core/metrics/buckets.ts';
import type { Metrics } from '../../engine/metrics/ports.ts';
import { carriedOut, newOperation } from './conditional-write.ts';

const ONCE_TTL_SECONDS = 60 * 24 * 3600;

/** Error names with which DynamoDB says that it did not carry out the write, so that it may be repeated. */
const REFUSALS = new Set(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded']);

type Counts = Record<string, number>;

/** Counters by scope and day (UTC). An `add` must not be made twice: pass a client that does not retry by itself, and as `marks` one that may. */
export function metricsStore(client: DynamoDBDocumentClient, table: string, marks = client): Metrics {
  return {
    async add(scope: string, day: string, counts: Record<string, number>): Promise<boolean> {
      const entries = Object.entries(counts);
      if (entries.length === 0) return true;
      try {
        await client.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: scope, sk: day },
            UpdateExpression: `ADD ${entries.map((_, index) => `#c${index} :n${index}`).join(', ')}`,
            ExpressionAttributeNames: Object.fromEntries(entries.map(([name], index) => [`#c${index}`, name])),
            ExpressionAttributeValues: Object.fromEntries(entries.map(([, count], index) => [`:n${index}`, count])),
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof Error && REFUSALS.has(error.name)) return false;
        throw error;
      }
    },

    async first(mark: string, at: number): Promise<boolean> {
      const Key = { pk: `fact#${hashId('fact', mark)}`, sk: 'ONCE' };
      const op = newOperation();
      return carriedOut(
        marks.send(
          new PutCommand({
            TableName: table,
            Item: { ...Key, op, ttl: Math.floor(at / 1000) + ONCE_TTL_SECONDS },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        ),
        async () => (await marks.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }))).Item?.op === op,
      );
    },

    async read(scope: string, from: string, to: string): Promise<{ day: string; counts: Record<string, number> }[]> {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': scope, ':from': from, ':to': to },
          Limit: 400,
        }),
      );
      return Items.map(({ pk: _pk, sk, ...counts }) => ({
        day: String(sk),
        counts: Object.fromEntries(Object.entries(counts as Counts).filter(([name]) => !isHourCounter(name))),
      }));
    },

    async sentBetween(scope: string, from: EpochMs, to: EpochMs): Promise<Cohort> {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': scope, ':from': dayOf(from), ':to': dayOf(to) },
        }),
      );
      const days = Items.map(({ pk: _pk, sk, ...counts }) => ({ day: String(sk), counts: counts as Counts }));
      return cohortOf(days, from, to);
    },
  };
}
