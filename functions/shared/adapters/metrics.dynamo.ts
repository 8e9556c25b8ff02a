import { type DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { hashId } from '../../../core/ids.ts';
import { accepted } from './conditional.ts';

const ONCE_TTL_SECONDS = 60 * 24 * 3600;

export type Metrics = ReturnType<typeof metricsStore>;

/** Counters by scope and day (UTC). */
export function metricsStore(client: DynamoDBDocumentClient, table: string) {
  return {
    /** Adds to several counters of one scope and day in one write. */
    async add(scope: string, day: string, counts: Record<string, number>): Promise<void> {
      const entries = Object.entries(counts);
      if (entries.length === 0) return;
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: { pk: scope, sk: day },
          UpdateExpression: `ADD ${entries.map((_, index) => `#c${index} :n${index}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(entries.map(([name], index) => [`#c${index}`, name])),
          ExpressionAttributeValues: Object.fromEntries(entries.map(([, count], index) => [`:n${index}`, count])),
        }),
      );
    },

    /** True the first time that this mark is seen. */
    async first(mark: string, at: number): Promise<boolean> {
      return accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { pk: `fact#${hashId('fact', mark)}`, sk: 'ONCE', ttl: Math.floor(at / 1000) + ONCE_TTL_SECONDS },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        ),
      );
    },

    /** Counters of a scope by day, days inclusive, at most a year of them. */
    async read(scope: string, from: string, to: string): Promise<{ day: string; counts: Record<string, number> }[]> {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': scope, ':from': from, ':to': to },
          Limit: 400,
        }),
      );
      return Items.map(({ pk: _pk, sk, ...counts }) => ({ day: String(sk), counts: counts as Record<string, number> }));
    },
  };
}
