import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { EpochMs } from '../../core/ids.ts';
import type { Priority } from '../../core/messages/send-request.ts';
import type { Giving, RateStore } from '../../engine/messages/ports.ts';
import { advance } from './advance.ts';
import { isConditionMet } from './conditional-write.ts';
import { type Change, expression } from './expressions.ts';
import type { Key } from './item.ts';
import { tableOf } from './table.ts';

/** Tokens that each provider has given out, under `rate#<provider>`: `GIVEN` {at, fullAt}, and for each priority its line `LINE#<priority>` {at: its end}. */
export function rateStore(client: DynamoDBDocumentClient, table: string): RateStore {
  const rows = tableOf(client, table);
  return {
    async given(provider: string): Promise<{ at: EpochMs; fullAt: EpochMs } | undefined> {
      const item = await rows.get(keyOf(provider, 'GIVEN'));
      return item && { at: Number(item.at), fullAt: Number(item.fullAt) };
    },

    async give(provider: string, byMs: number, { isFull, now, limit }: Giving): Promise<boolean> {
      const key = keyOf(provider, 'GIVEN');
      const change: Change = isFull
        ? { set: { at: now + byMs, fullAt: now }, when: expression`attribute_not_exists(#at) OR #at <= ${now}` }
        : { set: { at: expression`#at + ${byMs}` }, when: expression`#at > ${now} AND #at <= ${limit}` };
      return isConditionMet(rows.update(key, change));
    },

    lengthen: (provider: string, priority: Priority, byMs: number, now: EpochMs): Promise<EpochMs> =>
      advance(rows, keyOf(provider, `LINE#${priority}`), byMs, now),
  };
}

const keyOf = (provider: string, sk: string): Key => ({ pk: `rate#${provider}`, sk });
