import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { batchGet } from './batch-get.ts';
import type { Item, Key } from './item.ts';

type Keys = Readonly<Record<string, readonly Key[]>>;
type Found = Record<string, Item[]>;

interface Asked {
  keys: Keys;
  count: number;
  answer: (found: Found) => void;
  fail: (error: unknown) => void;
}

/** Items of one call. */
const MAX_ITEMS = 100;

/**
 * Reads as `batchGet`, strongly consistent, for several who ask at a time: who asks while a call is under way is read for by the next, together with all
 * others that have come meanwhile. So no reading began before it was asked for, and nobody waits who is alone. If a call fails, it fails for all of its own.
 */
export function sharedBatchGet(client: DynamoDBDocumentClient): (keys: Keys) => Promise<Found> {
  const waiting: Asked[] = [];
  let isReading = false;
  const readAll = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    while (waiting.length > 0) await readFor(client, next(waiting));
    isReading = false;
  };
  return (keys) => {
    const count = Object.values(keys).flat().length;
    if (count === 0) return Promise.resolve({});
    return new Promise((answer, fail) => {
      waiting.push({ keys, count, answer, fail });
      void readAll();
    });
  };
}

/** The first of those who wait, and as many after it as one call reads for. */
function next(waiting: Asked[]): Asked[] {
  let items = 0;
  const beyond = waiting.findIndex(({ count }, index) => {
    items += count;
    return index > 0 && items > MAX_ITEMS;
  });
  return waiting.splice(0, beyond < 0 ? waiting.length : beyond);
}

/** Never rejects. */
async function readFor(client: DynamoDBDocumentClient, together: readonly Asked[]): Promise<void> {
  try {
    const found = await batchGet(client, merged(together.map(({ keys }) => keys)));
    const known = new Map<string, Item>();
    for (const [table, items] of Object.entries(found)) for (const item of items) known.set(nameOf(table, item), item);
    for (const { keys, answer } of together) answer(of(keys, known));
  } catch (error) {
    for (const { fail } of together) fail(error);
  }
}

const of = (keys: Keys, known: ReadonlyMap<string, Item>): Found =>
  Object.fromEntries(
    Object.entries(keys).map(([table, some]) => [
      table,
      some.map((key) => known.get(nameOf(table, key))).filter((item) => item !== undefined),
    ]),
  );

/** Each key once: DynamoDB refuses a call that names one twice. */
function merged(all: readonly Keys[]): Record<string, Key[]> {
  const tables = [...new Set(all.flatMap((keys) => Object.keys(keys)))];
  return Object.fromEntries(
    tables.map((table) => {
      const keys = all.flatMap((one) => one[table] ?? []);
      return [table, [...new Map(keys.map((key) => [nameOf(table, key), key])).values()]];
    }),
  );
}

const nameOf = (table: string, { pk, sk }: Key | Item): string => JSON.stringify([table, pk, sk]);
