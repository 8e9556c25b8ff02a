import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { compress, decompress } from '../../core/compression.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';

const KEPT_MS = 24 * 3600_000;
/** Longer than a request lasts: after it, a request that was never answered may be repeated. */
const LEASE_MS = 60_000;

/** Claim of a request on its idempotency key. */
export interface Claim {
  /** Name of this try. */
  operation: string;
  /** Start of the key's 24 hours. Together with the key it identifies the work of the request, through all of its tries. */
  since: EpochMs;
  /** An earlier try broke off and may have done part of the work. */
  isRepeat: boolean;
}

/** `begun`: go on. `running`: the first try has no answer yet. `mismatch`: the same key came with another body. */
export type Begun<Answer> =
  | { kind: 'begun'; claim: Claim }
  | { kind: 'running' }
  | { kind: 'mismatch' }
  | { kind: 'answered'; answer: Answer };

export type Idempotency = ReturnType<typeof idempotency>;

/**
 * Answers by `Idempotency-Key`, for 24 hours a caller and path: `idempotency#<hash>` / `KEY` {bodyHash, startedAt: of the 24 hours, leasedAt and op:
 * of the present try, answer?}.
 */
export function idempotency(client: DynamoDBDocumentClient, table: string) {
  const key = (scope: string[]) => ({ pk: `idempotency#${hashId(...scope)}`, sk: 'KEY' });

  async function read(scope: string[]): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(scope), ConsistentRead: true }));
    return Item;
  }

  const isHeldBy = async (scope: string[], operation: string): Promise<boolean> =>
    (await read(scope))?.op === operation;

  function create(scope: string[], bodyHash: string, now: EpochMs, op: string): Promise<boolean> {
    const Item = { ...key(scope), bodyHash, startedAt: now, leasedAt: now, op, ttl: Math.ceil((now + KEPT_MS) / 1000) };
    return carriedOut(
      client.send(
        new PutCommand({
          TableName: table,
          Item,
          ConditionExpression: 'attribute_not_exists(pk) OR startedAt <= :expired',
          ExpressionAttributeValues: { ':expired': now - KEPT_MS },
        }),
      ),
      () => isHeldBy(scope, op),
    );
  }

  /** Continues a try that broke off, within the same 24 hours. */
  function takeOver(scope: string[], broken: string, now: EpochMs, op: string): Promise<boolean> {
    return carriedOut(
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: key(scope),
          UpdateExpression: 'SET leasedAt = :now, #op = :op',
          ConditionExpression: '#op = :broken AND attribute_not_exists(answer)',
          ExpressionAttributeNames: { '#op': 'op' },
          ExpressionAttributeValues: { ':now': now, ':op': op, ':broken': broken },
        }),
      ),
      () => isHeldBy(scope, op),
    );
  }

  return {
    /** `scope` = caller, method, path, key. */
    async begin<Answer>(scope: string[], bodyHash: string, now: EpochMs): Promise<Begun<Answer>> {
      const operation = newOperation();
      if (await create(scope, bodyHash, now, operation))
        return { kind: 'begun', claim: { operation, since: now, isRepeat: false } };
      const there = await read(scope);
      // The claim was deleted in between: the client tries again, as if it were still running.
      if (there === undefined) return { kind: 'running' };
      if (there.bodyHash !== bodyHash) return { kind: 'mismatch' };
      if (there.answer !== undefined) return { kind: 'answered', answer: decompress<Answer>(there.answer) };
      if (Number(there.leasedAt) > now - LEASE_MS) return { kind: 'running' };
      if (!(await takeOver(scope, String(there.op), now, operation))) return { kind: 'running' };
      return { kind: 'begun', claim: { operation, since: Number(there.startedAt), isRepeat: true } };
    },

    /** Stores the answer. It is refused only if a later try has taken over: then that one answers. */
    async answer(scope: string[], { operation }: Claim, answer: unknown): Promise<void> {
      await isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: key(scope),
            UpdateExpression: 'SET answer = :answer',
            ConditionExpression: '#op = :op',
            ExpressionAttributeNames: { '#op': 'op' },
            ExpressionAttributeValues: { ':answer': compress(answer), ':op': operation },
          }),
        ),
      );
    },

    /** Deletes the claim of a refused request that has done nothing: the same key may come with another body. */
    async forget(scope: string[], { operation }: Claim): Promise<void> {
      await isConditionMet(
        client.send(
          new DeleteCommand({
            TableName: table,
            Key: key(scope),
            ConditionExpression: '#op = :op',
            ExpressionAttributeNames: { '#op': 'op' },
            ExpressionAttributeValues: { ':op': operation },
          }),
        ),
      );
    },

    /** Releases the claim of a request that broke off: the same request may be repeated at once, and continues this try's work. */
    async release(scope: string[], { operation }: Claim): Promise<void> {
      await isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: key(scope),
            UpdateExpression: 'SET leasedAt = :never',
            ConditionExpression: '#op = :op',
            ExpressionAttributeNames: { '#op': 'op' },
            ExpressionAttributeValues: { ':never': 0, ':op': operation },
          }),
        ),
      );
    },
  };
}
