import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EntryId } from '../../core/ids.ts';
import type { Pilots } from '../../engine/runs/ports.ts';
import { versionKey } from './catalog-keys.ts';
import { isConditionMet } from './conditional-write.ts';
import { allOf, expression, NOT_THERE, path } from './expressions.ts';
import type { Key } from './item.ts';
import { tableOf } from './table.ts';

/**
 * `pilot#<journey>` `v<6 digits>` {entered: how many, places: who}. Who takes a place is counted by the same write, so that neither a repeat nor a
 * death in between costs a place.
 */
export function pilotStore(client: DynamoDBDocumentClient, table: string): Pilots {
  const rows = tableOf(client, table);
  const keyOf = (journey: string, version: number): Key => ({ pk: `pilot#${journey}`, sk: versionKey(version) });
  const read = async (key: Key) => {
    const { entered = 0, places = {} } = (await rows.get(key)) ?? {};
    return { entered: Number(entered), places: places as Record<string, true> };
  };

  return {
    entered: async (journey, version) => (await read(keyOf(journey, version))).entered,

    async claim({ journey, version }, size: number, entry: EntryId): Promise<boolean> {
      const key = keyOf(journey, version);
      const { entered, places } = await read(key);
      if (Object.hasOwn(places, entry)) return true;
      if (entered >= size) return false;
      if (entered === 0) await isConditionMet(rows.put({ ...key, entered: 0, places: {} }, NOT_THERE));
      const place = `places.${entry}`;
      const isTaken = await isConditionMet(
        rows.update(key, {
          set: { [place]: true, entered: expression`#entered + ${1}` },
          when: allOf(expression`attribute_not_exists(${path(place)})`, expression`#entered < ${size}`),
        }),
      );
      // Refused: there is no room left, or this run has its place, by an earlier try or another executor.
      return isTaken || Object.hasOwn((await read(key)).places, entry);
    },
  };
}
