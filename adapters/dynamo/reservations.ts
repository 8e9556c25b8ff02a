import { randomUUID } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import type { Decision, Terms } from '../../engine/runs/ports.ts';
import { LEASE_MS, ReservedError } from '../../engine/runs/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { tableOf } from './table.ts';

/** Decides a thing once. The first owner decides; the others take nothing. */
interface Reservations {
  /**
   * Returns the decision under this key. The owner calls `decide`; `isSecond` means that an earlier owner may have died while it decided.
   * `kept` looks for a decision that is kept elsewhere (`isKept`), given the reservation's `note`.
   * @throws ReservedError while another executor decides
   */
  decideOnce<Value>(
    key: { pk: string; sk: string },
    terms: Terms & { note?: unknown },
    decide: (isSecond: boolean) => Promise<Decision<Value>>,
    kept?: Kept<Value>,
  ): Promise<Value>;
}

type Kept<Value> = (note: unknown) => Promise<Value | undefined>;

/**
 * A reservation decides a thing once, however many executors come to it, at the same time or after a crash: an item {owner, leaseUntil}, put
 * before anything is taken, then {value}. The first owner decides; the others take nothing. `docs/protocols.md#starting-a-leg`.
 */
export function reservations(
  client: DynamoDBDocumentClient,
  table: string,
  newOwner: () => string = randomUUID,
): Reservations {
  const rows = reservationRows(client, table);

  return {
    async decideOnce<Value>(
      key: Key,
      terms: Terms & { note?: unknown },
      decide: (isSecond: boolean) => Promise<Decision<Value>>,
      kept?: Kept<Value>,
    ): Promise<Value> {
      const owner = newOwner();
      const begun = await begin(rows, key, owner, terms, kept);
      // Only `decide` of this very key has written it.
      if ('value' in begun) return begun.value as Value;
      const earlier = begun.isSecond ? await kept?.(begun.note) : undefined;
      if (earlier !== undefined) return earlier;
      const decision = await decide(begun.isSecond);
      if (decision.isKept || (await rows.remember(key, owner, decision))) return decision.value;
      const now = await rows.get(key);
      if (now !== undefined && stands(now, terms.now)) return now.value as Value;
      throw new ReservedError(`${key.pk} ${key.sk} was taken over`);
    },
  };
}

type Rows = ReturnType<typeof reservationRows>;

function reservationRows(client: DynamoDBDocumentClient, table: string) {
  const { get, put, update } = tableOf(client, table);

  return {
    get,

    /** Returns false if another owner is deciding, or has decided. */
    reserve(key: Key, owner: string, terms: Terms & { note?: unknown }): Promise<boolean> {
      const { now, ttlSeconds, leaseMs = LEASE_MS, note } = terms;
      const ttl = Math.floor(now / 1000) + ttlSeconds;
      return isConditionMet(put({ ...key, owner, leaseUntil: now + leaseMs, ttl, note }, NOT_THERE));
    },

    /** Takes over a reservation whose lease has expired without a decision, or whose decision no longer holds. */
    takeOver(key: Key, seen: Item, owner: string, { now, leaseMs = LEASE_MS }: Terms): Promise<boolean> {
      return isConditionMet(
        update(key, {
          set: { owner, leaseUntil: now + leaseMs },
          remove: ['value', 'validUntil'],
          when: expression`#owner = ${seen.owner}`,
        }),
      );
    },

    /** Stores the decision. Returns false if another owner has taken over meanwhile. */
    remember(key: Key, owner: string, { value, until }: Decision<unknown>): Promise<boolean> {
      return isConditionMet(update(key, { set: { value, validUntil: until }, when: expression`#owner = ${owner}` }));
    },
  };
}

/** Reserves the decision, or returns it if it was made before. @throws ReservedError */
async function begin(
  rows: Rows,
  key: Key,
  owner: string,
  terms: Terms & { note?: unknown },
  kept?: Kept<unknown>,
): Promise<{ isSecond: boolean; note?: unknown } | { value: unknown }> {
  if (await rows.reserve(key, owner, terms)) return { isSecond: false };
  const seen = await rows.get(key);
  // This call has put it, and its response was lost.
  if (seen?.owner === owner) return { isSecond: false };
  if (seen !== undefined && stands(seen, terms.now)) return { value: seen.value };
  const earlier = seen === undefined ? undefined : await kept?.(seen.note);
  if (earlier !== undefined) return { value: earlier };
  const isMine =
    seen !== undefined &&
    (seen.value !== undefined || Number(seen.leaseUntil) <= terms.now) &&
    ((await rows.takeOver(key, seen, owner, terms)) || (await rows.get(key))?.owner === owner);
  if (!isMine) throw new ReservedError(`${key.pk} ${key.sk} is being decided`);
  return { isSecond: true, note: seen.note };
}

const stands = ({ value, validUntil }: Record<string, unknown>, now: EpochMs): boolean =>
  value !== undefined && (validUntil === undefined || Number(validUntil) > now);
