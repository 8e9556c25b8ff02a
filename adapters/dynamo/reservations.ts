import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import type { Decision, Reservations, Terms } from '../../engine/runs/ports.ts';
import { LEASE_MS, ReservedError } from '../../engine/runs/ports.ts';
import { isConditionMet } from './conditional-write.ts';

/**
 * A reservation decides a thing once, however many executors come to it, at the same time or after a crash: an item {owner, leaseUntil}, put
 * before anything is taken, then {value}. The first owner decides; the others take nothing. `docs/protocols.md#starting-a-leg`.
 */
export function reservations(
  client: DynamoDBDocumentClient,
  table: string,
  newOwner: () => string = randomUUID,
): Reservations {
  type Key = { pk: string; sk: string };

  async function read(key: Key): Promise<Record<string, unknown> | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
    return Item;
  }

  /** Returns false if another owner is deciding, or has decided. */
  function reserve(key: Key, owner: string, { now, ttlSeconds, leaseMs = LEASE_MS }: Terms): Promise<boolean> {
    const Item = { ...key, owner, leaseUntil: now + leaseMs, ttl: Math.floor(now / 1000) + ttlSeconds };
    return isConditionMet(
      client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
    );
  }

  /** Takes over a reservation whose lease has expired without a decision, or whose decision no longer holds. */
  function takeOver(key: Key, seen: Record<string, unknown>, owner: string, { now, leaseMs = LEASE_MS }: Terms) {
    return isConditionMet(
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: key,
          UpdateExpression: 'SET #owner = :owner, leaseUntil = :until REMOVE #value, validUntil',
          ConditionExpression: '#owner = :seen',
          ExpressionAttributeNames: { '#owner': 'owner', '#value': 'value' },
          ExpressionAttributeValues: { ':owner': owner, ':until': now + leaseMs, ':seen': seen.owner },
        }),
      ),
    );
  }

  /** Stores the decision. Returns false if another owner has taken over meanwhile. */
  function remember(key: Key, owner: string, { value, until }: Decision<unknown>): Promise<boolean> {
    return isConditionMet(
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: key,
          UpdateExpression: `SET #value = :value${until === undefined ? '' : ', validUntil = :until'}`,
          ConditionExpression: '#owner = :owner',
          ExpressionAttributeNames: { '#owner': 'owner', '#value': 'value' },
          ExpressionAttributeValues: {
            ':value': value,
            ':owner': owner,
            ...(until === undefined ? {} : { ':until': until }),
          },
        }),
      ),
    );
  }

  /** Reserves the decision, or returns it if it was made before. @throws ReservedError */
  async function begin(key: Key, owner: string, terms: Terms): Promise<{ isSecond: boolean } | { value: unknown }> {
    if (await reserve(key, owner, terms)) return { isSecond: false };
    const seen = await read(key);
    // This call has put it, and its response was lost.
    if (seen?.owner === owner) return { isSecond: false };
    if (seen !== undefined && stands(seen, terms.now)) return { value: seen.value };
    const isMine =
      seen !== undefined &&
      (seen.value !== undefined || Number(seen.leaseUntil) <= terms.now) &&
      ((await takeOver(key, seen, owner, terms)) || (await read(key))?.owner === owner);
    if (!isMine) throw new ReservedError(`${key.pk} ${key.sk} is being decided`);
    return { isSecond: true };
  }

  return {
    async decideOnce<Value>(
      key: Key,
      terms: Terms,
      decide: (isSecond: boolean) => Promise<Decision<Value>>,
    ): Promise<Value> {
      const owner = newOwner();
      const begun = await begin(key, owner, terms);
      // Only `decide` of this very key has written it.
      if ('value' in begun) return begun.value as Value;
      const decision = await decide(begun.isSecond);
      if (await remember(key, owner, decision)) return decision.value;
      const now = await read(key);
      if (now !== undefined && stands(now, terms.now)) return now.value as Value;
      throw new ReservedError(`${key.pk} ${key.sk} was taken over`);
    },
  };
}

const stands = ({ value, validUntil }: Record<string, unknown>, now: EpochMs): boolean =>
  value !== undefined && (validUntil === undefined || Number(validUntil) > now);
