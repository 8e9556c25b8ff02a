import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Cell, cellPlace } from '../../core/metrics/cells.ts';
import type { Cells } from '../../engine/results/ports.ts';
import { countsIn } from './counters.ts';
import { expression } from './expressions.ts';
import type { Item } from './item.ts';
import { tableOf } from './table.ts';

/** Most calls for one report: each reads up to 1 MB, which is some 1,000 cells. */
const MAX_PAGES = 100;

/** Counters of reports in Metrics, by the day of the sending. */
export function cellStore(client: DynamoDBDocumentClient, table: string): Cells {
  const rows = tableOf(client, table);
  return {
    async read(scope: string, from: string, to: string): Promise<Cell[]> {
      // `$` comes after the `#` that ends the day.
      const between = expression`#pk = ${scope} AND #sk BETWEEN ${from} AND ${`${to}$`}`;
      const cells: Cell[] = [];
      let after: Item | undefined;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const { items, next } = await rows.query(between, { after });
        cells.push(...items.map(cellOf));
        if (next === undefined) return cells;
        after = next;
      }
      throw new Error(`${scope} has more cells than a report may read`);
    },
  };
}

function cellOf({ pk: _pk, sk, revisedAt, ttl: _ttl, ...counts }: Item): Cell {
  return {
    ...cellPlace(String(sk)),
    counts: countsIn(counts),
    ...(typeof revisedAt === 'number' ? { revisedAt } : {}),
  };
}
