import type { EpochMs } from '../../core/ids.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import { isConditionMet, unlessRefused } from './conditional-write.ts';
import { expression } from './expressions.ts';
import type { Item, Key } from './item.ts';
import type { Table } from './table.ts';

const MAX_ATTEMPTS = 10;

/** Moves the instant `at` of an item, or `now` if it has passed, by so much, however many do it at once. Returns the new instant. */
export async function advance(rows: Table, key: Key, byMs: number, now: EpochMs, more: Item = {}): Promise<EpochMs> {
  return retryOnConflict<EpochMs>(
    async () => {
      const later = { set: { ...more, at: expression`#at + ${byMs}` }, when: expression`#at > ${now}` };
      const moved = await unlessRefused(rows.update(key, later, 'UPDATED_NEW'));
      if (moved !== undefined) return Number(moved.at);
      const first = { set: { ...more, at: now + byMs }, when: expression`attribute_not_exists(#at) OR #at <= ${now}` };
      return (await isConditionMet(rows.update(key, first, 'UPDATED_NEW'))) ? now + byMs : CONFLICT;
    },
    () => new Error(`${key.pk} changes too often`),
    MAX_ATTEMPTS,
  );
}
