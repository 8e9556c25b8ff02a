import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { compress, decompress } from '../../core/compression.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { expression } from './expressions.ts';
import { type Table, tableOf } from './table.ts';

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
  const keys = tableOf(client, table);

  return {
    /** `scope` = caller, method, path, key. */
    async begin<Answer>(scope: string[], bodyHash: string, now: EpochMs): Promise<Begun<Answer>> {
      const operation = newOperation();
      if (await create(keys, scope, { bodyHash, now, operation }))
        return { kind: 'begun', claim: { operation, since: now, isRepeat: false } };
      const there = await keys.get(keyOf(scope));
      // The claim was deleted in between: the client tries again, as if it were still running.
      if (there === undefined) return { kind: 'running' };
      if (there.bodyHash !== bodyHash) return { kind: 'mismatch' };
      if (there.answer !== undefined) return { kind: 'answered', answer: decompress<Answer>(there.answer) };
      if (Number(there.leasedAt) > now - LEASE_MS) return { kind: 'running' };
      if (!(await takeOver(keys, scope, String(there.op), { now, operation }))) return { kind: 'running' };
      return { kind: 'begun', claim: { operation, since: Number(there.startedAt), isRepeat: true } };
    },

    /** Stores the answer. It is refused only if a later try has taken over: then that one answers. */
    async answer(scope: string[], { operation }: Claim, answer: unknown): Promise<void> {
      const change = { set: { answer: compress(answer) }, when: isOf(operation) };
      await isConditionMet(keys.update(keyOf(scope), change));
    },

    /** Deletes the claim of a refused request that has done nothing: the same key may come with another body. */
    async forget(scope: string[], { operation }: Claim): Promise<void> {
      await isConditionMet(keys.delete(keyOf(scope), isOf(operation)));
    },

    /** Releases the claim of a request that broke off: the same request may be repeated at once, and continues this try's work. */
    async release(scope: string[], { operation }: Claim): Promise<void> {
      await isConditionMet(keys.update(keyOf(scope), { set: { leasedAt: 0 }, when: isOf(operation) }));
    },
  };
}

const keyOf = (scope: string[]) => ({ pk: `idempotency#${hashId(...scope)}`, sk: 'KEY' });

const isOf = (operation: string) => expression`#op = ${operation}`;

interface Try {
  now: EpochMs;
  operation: string;
}

function create(
  keys: Table,
  scope: string[],
  { bodyHash, now, operation }: Try & { bodyHash: string },
): Promise<boolean> {
  const ttl = Math.ceil((now + KEPT_MS) / 1000);
  return carriedOut(
    keys.put(
      { ...keyOf(scope), bodyHash, startedAt: now, leasedAt: now, op: operation, ttl },
      expression`attribute_not_exists(#pk) OR #startedAt <= ${now - KEPT_MS}`,
    ),
    () => isHeldBy(keys, scope, operation),
  );
}

/** Continues a try that broke off, within the same 24 hours. */
function takeOver(keys: Table, scope: string[], broken: string, { now, operation }: Try): Promise<boolean> {
  return carriedOut(
    keys.update(keyOf(scope), {
      set: { leasedAt: now, op: operation },
      when: expression`#op = ${broken} AND attribute_not_exists(#answer)`,
    }),
    () => isHeldBy(keys, scope, operation),
  );
}

const isHeldBy = async (keys: Table, scope: string[], operation: string): Promise<boolean> =>
  (await keys.get(keyOf(scope)))?.op === operation;
