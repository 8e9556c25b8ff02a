import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { KnownItem } from '../../core/content/choose.ts';
import type { CatalogStore } from '../../engine/definitions/ports.ts';
import { definitionKey, versionKey } from './catalog-keys.ts';
import type { Key } from './item.ts';
import { tableOf } from './table.ts';
import { versionOf } from './versions.ts';

/** Most content items in memory, of at most 8 KB each: apart from other versions, so that a kind with many items drops no template. */
const MAX_ITEMS = 1_000;

/** Reads content items, and keeps them: a version never changes. */
export function keptContent(client: DynamoDBDocumentClient, table: string): Pick<CatalogStore, 'content'> {
  const catalog = tableOf(client, table);
  const kept = new Map<string, KnownItem>();
  const reading = new Map<string, Promise<KnownItem[]>>();

  async function read(missing: readonly Key[]): Promise<KnownItem[]> {
    const items = await catalog.getAll(missing);
    return items.map((item) => {
      const id = String(item.pk).slice(definitionKey('content', '').length);
      const known = { id, definition: versionOf<'content'>(item).definition };
      kept.set(nameOf({ pk: String(item.pk), sk: String(item.sk) }), known);
      const oldest = kept.size > MAX_ITEMS ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
      return known;
    });
  }

  /** Calls that miss the same items at the same time share a read. */
  function readOnce(missing: readonly Key[]): Promise<KnownItem[]> {
    const name = missing.map(nameOf).join(' ');
    const mine = reading.get(name) ?? read(missing).finally(() => reading.delete(name));
    reading.set(name, mine);
    return mine;
  }

  return {
    async content(versions) {
      const keys = Object.entries(versions).map(([id, n]) => ({ pk: definitionKey('content', id), sk: versionKey(n) }));
      const here = keys.flatMap((key) => kept.get(nameOf(key)) ?? []);
      const missing = keys.filter((key) => !kept.has(nameOf(key)));
      return missing.length === 0 ? here : [...here, ...(await readOnce(missing))];
    },
  };
}

const nameOf = ({ pk, sk }: Key): string => `${pk} ${sk}`;
