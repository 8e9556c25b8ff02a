import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import { type Breaker, type Counts, SLOT_MS, SLOTS } from '../../core/policies/breaker.ts';
import type { BreakerStore } from '../../engine/messages/ports.ts';
import { POINTER } from './catalog-keys.ts';
import { isConditionMet } from './conditional-write.ts';
import { allOf, expression, path } from './expressions.ts';
import type { Key } from './item.ts';
import { tableOf } from './table.ts';

const TTL_SECONDS = 3600;

/** Breakers in the rules' pointer (`breakers.<provider>`), which senders read anyway; and, only while something fails, counts: `breaker#<provider>` / slot of 10 s. */
export function breakerStore(client: DynamoDBDocumentClient, table: string): BreakerStore {
  const rows = tableOf(client, table);
  const placeOf = (provider: string): string => `breakers.${provider}`;
  return {
    async count(provider: string, { requests, failures }: Counts, now: EpochMs): Promise<Counts> {
      const ttl = Math.floor(now / 1000) + TTL_SECONDS;
      await rows.update(keyOf(provider, slotOf(now)), { set: { ttl }, add: { requests, failures } });
      const from = slotOf(now) - SLOTS + 1;
      const { items } = await rows.query(
        expression`#pk = ${keyOf(provider, from).pk} AND #sk >= ${keyOf(provider, from).sk}`,
        { consistent: true },
      );
      const sum = (name: string): number => items.reduce((all, item) => all + Number(item[name] ?? 0), 0);
      return { requests: sum('requests'), failures: sum('failures') };
    },

    async open(provider: string, breaker: Breaker): Promise<void> {
      await rows.update(POINTER, { set: { breakers: expression`if_not_exists(#breakers, ${{}})` } });
      const when = expression`attribute_not_exists(${path(placeOf(provider))})`;
      await isConditionMet(rows.update(POINTER, { set: { [placeOf(provider)]: breaker }, when }));
    },

    claim: (provider: string, seen: EpochMs, until: EpochMs): Promise<boolean> =>
      isConditionMet(
        rows.update(POINTER, {
          set: { [`${placeOf(provider)}.until`]: until, [`${placeOf(provider)}.probing`]: true },
          when: expression`${path(`${placeOf(provider)}.until`)} = ${seen}`,
        }),
      ),

    async stay(provider: string): Promise<void> {
      const when = expression`attribute_exists(${path(placeOf(provider))})`;
      await isConditionMet(rows.update(POINTER, { set: { [`${placeOf(provider)}.probing`]: false }, when }));
    },

    async close(provider: string, now: EpochMs): Promise<void> {
      for (let slot = slotOf(now) - SLOTS + 1; slot <= slotOf(now); slot += 1) {
        const isThere = allOf(expression`attribute_exists(#pk)`);
        await isConditionMet(rows.update(keyOf(provider, slot), { set: { requests: 0, failures: 0 }, when: isThere }));
      }
      const when = expression`attribute_exists(${path(placeOf(provider))})`;
      await isConditionMet(rows.update(POINTER, { remove: [placeOf(provider)], when }));
    },
  };
}

const slotOf = (now: EpochMs): number => Math.floor(now / SLOT_MS);
/** Slots have nine digits until the year 2286. */
const keyOf = (provider: string, slot: number): Key => ({ pk: `breaker#${provider}`, sk: String(slot) });
