import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Cost, Costs } from '../../engine/results/ports.ts';
import { isConditionMet } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { type Table, tableOf } from './table.ts';

/** Most calls for one report. */
const MAX_PAGES = 20;

const partition = (scope: string): string => `costs#${scope}`;
const keyOf = ({ scope, day, id }: Pick<Cost, 'scope' | 'day' | 'id'>): Key => ({
  pk: partition(scope),
  sk: `${day}#${id}`,
});

/** Of every scope, for what is reported of all together. */
const EVERY = partition('every');

/** Outside spend in Catalog, `costs#<scope>` / `<day>#<id>`, and once more under `costs#every` / `<day>#<scope>#<id>`. */
export function costStore(client: DynamoDBDocumentClient, table: string): Costs {
  const rows = tableOf(client, table);
  return {
    async add(cost: Cost): Promise<Cost> {
      const { note, ...rest } = cost;
      const item = { ...keyOf(cost), ...rest, ...(note === undefined ? {} : { note }) };
      const isNew = await isConditionMet(rows.put(item, NOT_THERE));
      const there = isNew ? cost : costOf((await rows.get(keyOf(cost))) ?? item);
      // A repeat puts it, too: the first call may have broken off before.
      await rows.put({ ...there, pk: EVERY, sk: `${there.day}#${there.scope}#${there.id}` });
      return there;
    },

    async list(scope: string, { limit, after }: { limit: number; after?: string | undefined }) {
      const { items, next } = await rows.query(expression`#pk = ${partition(scope)}`, {
        limit,
        consistent: true,
        after: after === undefined ? undefined : { pk: partition(scope), sk: after },
      });
      return { items: items.map(costOf), ...(next === undefined ? {} : { next: String(next.sk) }) };
    },

    between: (scope: string, from: string, to: string) => costsBetween(rows, partition(scope), from, to),
    everyBetween: (from: string, to: string) => costsBetween(rows, EVERY, from, to),
  };
}

async function costsBetween(rows: Table, pk: string, from: string, to: string): Promise<Cost[]> {
  const days = expression`#pk = ${pk} AND #sk BETWEEN ${from} AND ${`${to}$`}`;
  const costs: Cost[] = [];
  let after: Item | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { items, next } = await rows.query(days, { after, consistent: true });
    costs.push(...items.map(costOf));
    if (next === undefined) return costs;
    after = next;
  }
  throw new Error(`${pk} has more costs than a report may read`);
}

function costOf({ pk: _pk, sk: _sk, ...cost }: Item): Cost {
  return cost as unknown as Cost; // as it was put
}
