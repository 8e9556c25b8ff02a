import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import type { Throttles } from '../../engine/runs/ports.ts';
import { isConditionMet, unlessRefused } from './conditional-write.ts';
import { expression } from './expressions.ts';
import { reservations } from './reservations.ts';
import { tableOf } from './table.ts';

const MINUTE_MS = 60_000;
const MAX_TRIES = 10;
/** Longer than anybody waits: a place that is forgotten is taken again, behind all others. */
const TTL_SECONDS = 90 * 24 * 3600;

/**
 * Throttle: how many runs may pass a minute. `throttle#<name>` `AT` {at: when everyone who has come will have passed at that rate}, and `PASS#<who>`,
 * the reservation of each: a run that comes twice, or that two executors handle at once, takes one place.
 */
export function throttles(client: DynamoDBDocumentClient, table: string): Throttles {
  const { decideOnce } = reservations(client, table);
  const rows = tableOf(client, table);

  /** Takes one place and returns the new instant. */
  async function advance(name: string, step: number, now: EpochMs): Promise<EpochMs> {
    const ttl = Math.floor(now / 1000) + TTL_SECONDS;
    const key = { pk: `throttle#${name}`, sk: 'AT' };
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const later = { set: { at: expression`#at + ${step}`, ttl }, when: expression`#at > ${now}` };
      const moved = await unlessRefused(rows.update(key, later, 'UPDATED_NEW'));
      if (moved !== undefined) return Number(moved.at);
      const first = { set: { at: now + step, ttl }, when: expression`attribute_not_exists(#at) OR #at <= ${now}` };
      if (await isConditionMet(rows.update(key, first, 'UPDATED_NEW'))) return now + step;
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
