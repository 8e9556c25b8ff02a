import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import type { Throttles } from '../../engine/runs/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { reservations } from './reservations.ts';

const MINUTE_MS = 60_000;
const MAX_TRIES = 10;
const TTL_SECONDS = 7 * 24 * 3600;

/**
 * Throttle: how many runs may pass a minute. `throttle#<name>` `AT` {at: when everyone who has come will have passed at that rate}, and `PASS#<who>`,
 * the reservation of each: a run that comes twice, or that two executors handle at once, takes one place.
 */
export function throttles(client: DynamoDBDocumentClient, table: string): Throttles {
  const { decideOnce } = reservations(client, table);
  const update = (name: string, change: { set: string; condition: string; values: Record<string, number> }) =>
    client.send(
      new UpdateCommand({
        TableName: table,
        Key: { pk: `throttle#${name}`, sk: 'AT' },
        UpdateExpression: `SET #at = ${change.set}, #ttl = :ttl`,
        ConditionExpression: change.condition,
        ExpressionAttributeNames: { '#at': 'at', '#ttl': 'ttl' },
        ExpressionAttributeValues: change.values,
        ReturnValues: 'UPDATED_NEW',
      }),
    );

  /** Takes one place and returns the new instant. */
  async function advance(name: string, step: number, now: EpochMs): Promise<EpochMs> {
    const ttl = Math.floor(now / 1000) + TTL_SECONDS;
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      try {
        const values = { ':step': step, ':now': now, ':ttl': ttl };
        const { Attributes } = await update(name, { set: '#at + :step', condition: '#at > :now', values });
        return Number(Attributes?.at);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
      const values = { ':next': now + step, ':now': now, ':ttl': ttl };
      const condition = 'attribute_not_exists(#at) OR #at <= :now';
      if (await isConditionMet(update(name, { set: ':next', condition, values }))) return now + step;
    }
    throw new Error(`the throttle of ${name} changes too often`);
  }

  return {
    pass(name: string, perMinute: number, now: EpochMs, who: string): Promise<EpochMs> {
      return decideOnce({ pk: `throttle#${name}`, sk: `PASS#${who}` }, { now, ttlSeconds: TTL_SECONDS }, async () => ({
        value: Math.max(now, (await advance(name, MINUTE_MS / perMinute, now)) - MINUTE_MS),
      }));
    },
  };
}
