import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { type EpochMs, hashId } from '../../../core/ids.ts';
import { accepted } from './conditional.ts';
import { pack, unpack } from './packed.ts';

const KEPT_MS = 24 * 3600_000;
/** Longer than a request lives: after it, a request that never answered may be made again. */
const LEASE_MS = 60_000;

/** `begun`: go on. `running`: the first one is not answered yet. `mismatch`: the same key came with another body. */
export type Begun<Answer> =
  | { kind: 'begun' }
  | { kind: 'running' }
  | { kind: 'mismatch' }
  | { kind: 'answered'; answer: Answer };

export type Idempotency = ReturnType<typeof idempotency>;

/** Answers by `Idempotency-Key`, for 24 hours a caller and path: `idempotency#<hash>` / `KEY`. */
export function idempotency(client: DynamoDBDocumentClient, table: string) {
  const key = (scope: string[]) => ({ pk: `idempotency#${hashId(...scope)}`, sk: 'KEY' });

  return {
    /** `scope` = caller, method, path, key. */
    async begin<Answer>(scope: string[], bodyHash: string, now: EpochMs): Promise<Begun<Answer>> {
      const begun = await accepted(
        client.send(
          new PutCommand({
            TableName: table,
            Item: { ...key(scope), bodyHash, startedAt: now, ttl: Math.ceil((now + KEPT_MS) / 1000) },
            ConditionExpression:
              'attribute_not_exists(pk) OR startedAt <= :expired OR (attribute_not_exists(answer) AND startedAt <= :abandoned AND bodyHash = :body)',
            ExpressionAttributeValues: { ':expired': now - KEPT_MS, ':abandoned': now - LEASE_MS, ':body': bodyHash },
          }),
        ),
      );
      if (begun) return { kind: 'begun' };
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(scope), ConsistentRead: true }));
      // Taken back in between: as good as still running, the client tries again.
      if (Item === undefined) return { kind: 'running' };
      if (Item.bodyHash !== bodyHash) return { kind: 'mismatch' };
      return Item.answer === undefined
        ? { kind: 'running' }
        : { kind: 'answered', answer: unpack<Answer>(Item.answer) };
    },

    async answer(scope: string[], answer: unknown): Promise<void> {
      await client.send(
        new UpdateCommand({
          TableName: table,
          Key: key(scope),
          UpdateExpression: 'SET answer = :answer',
          ExpressionAttributeValues: { ':answer': pack(answer) },
        }),
      );
    },

    /** The request failed: the same key may try again. */
    async forget(scope: string[]): Promise<void> {
      await client.send(new DeleteCommand({ TableName: table, Key: key(scope) }));
    },
  };
}
