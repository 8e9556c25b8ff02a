import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import { MINUTE_MS } from '../../core/time/units.ts';
import type { Throttles } from '../../engine/runs/ports.ts';
import { advance } from './advance.ts';
import { reservations } from './reservations.ts';
import { tableOf } from './table.ts';

/** Longer than anybody waits: a place that is forgotten is taken again, behind all others. */
const TTL_SECONDS = 90 * 24 * 3600;

/**
 * Throttle: how many runs may pass a minute. `throttle#<name>` `AT` {at: when everyone who has come will have passed at that rate}, and `PASS#<who>`,
 * the reservation of each: a run that comes twice, or that two executors handle at once, takes one place.
 */
export function throttles(client: DynamoDBDocumentClient, table: string): Throttles {
  const { decideOnce } = reservations(client, table);
  const rows = tableOf(client, table);

  return {
    pass(name: string, perMinute: number, now: EpochMs, who: string): Promise<EpochMs> {
      const ttl = Math.floor(now / 1000) + TTL_SECONDS;
      return decideOnce({ pk: `throttle#${name}`, sk: `PASS#${who}` }, { now, ttlSeconds: TTL_SECONDS }, async () => ({
        value: Math.max(
          now,
          (await advance(rows, { pk: `throttle#${name}`, sk: 'AT' }, MINUTE_MS / perMinute, now, { ttl })) - MINUTE_MS,
        ),
      }));
    },
  };
}
