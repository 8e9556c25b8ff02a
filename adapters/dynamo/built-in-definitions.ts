import { builtInHead, builtInIds, builtInVersion } from '../../core/catalog/built-in.ts';
import type { Head, Kind } from '../../core/definitions/definition.ts';
import type { DefinitionStore } from '../../engine/definitions/ports.ts';

/** Shows built-in definitions as if they were stored: version 1, under a head of revision 0 until the first is written. */
export function withBuiltIns(store: DefinitionStore): DefinitionStore {
  return {
    ...store,

    async head(kind, id) {
      return (await store.head(kind, id)) ?? builtInHead(kind, id);
    },

    async version(kind, id, n) {
      return (n === 1 ? builtInVersion(kind, id) : undefined) ?? (await store.version(kind, id, n));
    },

    async versions(kind, id, page) {
      const stored = await store.versions(kind, id, page);
      const first = builtInVersion(kind, id);
      const isLast = stored.length < page.limit && (page.before === undefined || page.before > 1);
      return first && isLast ? [...stored, { ...first, n: 1 }] : stored;
    },

    async list(kind, page) {
      const stored = await store.list(kind, page);
      const isOnPage = (id: string) =>
        (page.after === undefined || id > page.after) && (stored.next === undefined || id <= stored.next);
      const missing: { id: string; head: Head }[] = [];
      for (const id of builtInIds(kind).filter(isOnPage)) {
        const head = builtInHead(kind, id);
        // The index may not list yet what was written just now; its head is read consistently.
        if (head && !stored.items.some((item) => item.id === id))
          missing.push({ id, head: (await store.head(kind, id)) ?? head });
      }
      const all = [...stored.items, ...missing].sort((a, b) => (a.id < b.id ? -1 : 1));
      const items = all.slice(0, page.limit);
      const last = items.at(-1)?.id;
      return all.length > items.length && last !== undefined ? { items, next: last } : { ...stored, items };
    },

    commitHead: (kind, id, expected, next) =>
      store.commitHead(kind, id, expected === 0 && isBuiltIn(kind, id) ? undefined : expected, next),
  };
}

const isBuiltIn = (kind: Kind, id: string): boolean => builtInHead(kind, id) !== undefined;
