import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

/** Most indexes that a call takes: as many may be lost if it dies. */
const MAX_AT_ONCE = 10;

interface Waiting {
  done: (index: number | undefined) => void;
  failed: (error: unknown) => void;
}
interface Line {
  waiting: Waiting[];
  isServed: boolean;
  /** Size as last read; a pool only grows. */
  size: number;
}

/**
 * Counter of a pool, `HEAD` {next, size, op}, so that two draws never get the same index. Draws that arrive during a call wait for the next call,
 * which takes an index for each of them: DynamoDB writes an item at most about 1,000 times a second. `op` names the last call, so that a call whose
 * response was lost, and which the SDK repeats, takes nothing twice.
 */
export function couponCounter(client: DynamoDBDocumentClient, table: string) {
  const lines = new Map<string, Line>();

  async function serve(pool: string, line: Line): Promise<void> {
    line.isServed = true;
    while (line.waiting.length > 0) {
      const batch = line.waiting.splice(0, MAX_AT_ONCE);
      try {
        const indexes = await take(pool, line, batch.length);
        for (const [at, one] of batch.entries()) one.done(indexes[at]);
      } catch (error) {
        for (const one of batch) one.failed(error);
      }
    }
    line.isServed = false;
  }

  /** Takes this many indexes. Returns fewer if there are no more. */
  async function take(pool: string, line: Line, count: number): Promise<number[]> {
    const together = count > 1 ? await advance(pool, line, count) : undefined;
    if (together !== undefined) return Array.from({ length: count }, (_, at) => together + at);
    const indexes: number[] = [];
    while (indexes.length < count) {
      const index = await advance(pool, line, 1);
      if (index === undefined) break;
      indexes.push(index);
    }
    return indexes;
  }

  /**
   * Returns the first of `count` new indexes, or undefined if there were not enough. For one index it uses the stored size, for several the size as
   * last read.
   */
  async function advance(pool: string, line: Line, count: number): Promise<number | undefined> {
    const [condition, limit] =
      count === 1
        ? ['#size > :limit AND (attribute_not_exists(#next) OR #next < #size)', 0]
        : ['#next <= :limit', line.size - count];
    const op = randomUUID();
    const Key = { pk: `coupons#${pool}`, sk: 'HEAD' };
    try {
      const { Attributes } = await client.send(
        new UpdateCommand({
          TableName: table,
          Key,
          UpdateExpression: 'SET #next = if_not_exists(#next, :zero) + :count, #op = :op',
          ConditionExpression: `${condition} AND (attribute_not_exists(#op) OR #op <> :op)`,
          ExpressionAttributeNames: { '#next': 'next', '#op': 'op', ...(count === 1 ? { '#size': 'size' } : {}) },
          ExpressionAttributeValues: { ':zero': 0, ':count': count, ':limit': limit, ':op': op },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return taken(line, Attributes, count);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
    const { Item } = await client.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
    return Item?.op === op ? taken(line, Item, count) : undefined;
  }

  function taken(line: Line, head: Record<string, unknown> | undefined, count: number): number {
    line.size = Number(head?.size);
    return Number(head?.next) - count;
  }

  return {
    /** Returns the next free index, or undefined if there is none left. */
    takeIndex(pool: string): Promise<number | undefined> {
      const line = lines.get(pool) ?? { waiting: [], isServed: false, size: 0 };
      lines.set(pool, line);
      return new Promise((done, failed) => {
        line.waiting.push({ done, failed });
        if (!line.isServed) void serve(pool, line);
      });
    },
  };
}
