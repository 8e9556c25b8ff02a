import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { compress, decompress } from '../../core/compression.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Sum } from '../../core/metrics/metric-event.ts';
import type { Recounts } from '../../engine/metrics/ports.ts';
import type { Cursor } from '../../engine/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { countsIn } from './counters.ts';
import { allOf, expression, path } from './expressions.ts';
import { tableOf } from './table.ts';

/** How long the sums of a recount are kept: longer than a job waits on its queue. */
const TTL_SECONDS = 30 * 24 * 3_600;

type Counts = Record<string, number>;

/** Sums that the pages of a recount found: `recount#<job>` / `<page>` {sums: compressed}; and the counters that it corrects. */
export function recountStore(client: DynamoDBDocumentClient, table: string): Recounts {
  const metrics = tableOf(client, table);
  return {
    async keep(recount: string, page: string, sums: readonly Sum[], now: EpochMs): Promise<void> {
      const ttl = Math.floor(now / 1000) + TTL_SECONDS;
      await metrics.put({ pk: `recount#${recount}`, sk: page, sums: compress(sums), ttl });
    },

    async kept(recount: string, cursor: Cursor | undefined): Promise<{ sums: Sum[]; next?: Cursor }> {
      const { items, next } = await metrics.query(expression`#pk = ${`recount#${recount}`}`, {
        consistent: true,
        after: cursor,
      });
      const sums = items.flatMap((item) => decompress<Sum[]>(item.sums));
      return { sums, ...(next === undefined ? {} : { next }) };
    },

    async counters(scope: string, day: string): Promise<Counts> {
      const { pk: _pk, sk: _sk, ...counts } = (await metrics.get({ pk: scope, sk: day })) ?? {};
      return countsIn(counts);
    },

    correct({ scope, day, counts }: Sum, read: Readonly<Counts>): Promise<boolean> {
      const asRead = Object.keys(counts).map((counter) => {
        const name = path(counter);
        return read[counter] === undefined
          ? expression`attribute_not_exists(${name})`
          : expression`${name} = ${read[counter]}`;
      });
      return isConditionMet(metrics.update({ pk: scope, sk: day }, { add: counts, when: allOf(...asRead) }));
    },
  };
}
