import { createHash } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { ListedWriteKey, WriteKey, WriteKeys } from '../../engine/ingest/ports.ts';
import { type CacheOptions, type CacheStamp, cacheAges } from './cache-age.ts';
import { writeKeyKey } from './catalog-keys.ts';
import { expression } from './expressions.ts';
import type { Item } from './item.ts';
import { type Table, tableOf } from './table.ts';

/** Most known and unknown keys in memory; beyond it, all are dropped. */
const MAX_KEPT = 1_000;

/** Write keys: `write-key#<sha256 of the key>` / `KEY` {id, keyKind, name}; `write-keys` / `<id>` lists them. */
export function writeKeys(client: DynamoDBDocumentClient, options: Options): WriteKeys {
  const keys = tableOf(client, options.table);
  return { ...keptWriteKeys(keys, options), ...listedWriteKeys(keys) };
}

interface Options extends CacheOptions {
  table: string;
}

function keptWriteKeys(keys: Table, options: Options): Pick<WriteKeys, 'find'> {
  const ages = cacheAges(options);
  const kept = new Map<string, { found: WriteKey | undefined } & CacheStamp>();

  return {
    async find(key: string): Promise<WriteKey | undefined> {
      const hash = hashOf(key);
      const known = kept.get(hash);
      if (known && ages.isFresh(known)) return known.found;
      const mark = ages.stamp();
      const item = await keys.get(writeKeyKey(hash));
      const found: WriteKey | undefined = item && {
        id: String(item.id),
        kind: keyKindOf(item),
        name: String(item.name),
      };
      if (kept.size >= MAX_KEPT) kept.clear();
      kept.set(hash, { found, ...mark });
      return found;
    },
  };
}

const listedWriteKeys = (keys: Table): Omit<WriteKeys, 'find'> => ({
  /** Puts the listing first, so that a working key can always be found and deleted. A second key under the same id replaces the first. */
  async add(key: string, entry: ListedWriteKey): Promise<void> {
    const { kind, ...rest } = entry;
    const hash = hashOf(key);
    const listing = listingKey(entry.id);
    const before = await keys.get(listing);
    if (before !== undefined) await keys.delete(writeKeyKey(String(before.hash)));
    await keys.put({ ...listing, hash, keyKind: kind, ...rest });
    await keys.put({ ...writeKeyKey(hash), id: entry.id, keyKind: kind, name: entry.name });
  },

  async list(page: { limit: number; after?: string }): Promise<{ items: ListedWriteKey[]; next?: string }> {
    const { items, next } = await keys.query(expression`#pk = ${LISTING}`, {
      consistent: true,
      limit: page.limit,
      after: page.after === undefined ? undefined : listingKey(page.after),
    });
    return { items: items.map(listedOf), ...(next ? { next: String(next.sk) } : {}) };
  },

  /** Removes a key. Returns false if there is none. The key itself goes first, so that it never outlives its listing. */
  async remove(id: string): Promise<boolean> {
    const listed = await keys.get(listingKey(id));
    if (listed === undefined) return false;
    await keys.delete(writeKeyKey(String(listed.hash)));
    await keys.delete(listingKey(id));
    return true;
  },
});

const LISTING = 'write-keys';
const listingKey = (id: string) => ({ pk: LISTING, sk: id });
const keyKindOf = (item: Item): WriteKey['kind'] => (item.keyKind === 'client' ? 'client' : 'server');

const listedOf = (item: Item): ListedWriteKey => ({
  id: String(item.sk),
  kind: keyKindOf(item),
  name: String(item.name),
  at: Number(item.at),
  by: String(item.by),
});

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
