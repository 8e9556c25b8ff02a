import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Version } from '../../core/catalog/definitions.ts';
import { compress } from '../../core/compression.ts';
import { DefinitionIdSchema } from '../../core/definition-id.ts';
import type { Head, Kind } from '../../core/definitions/definition.ts';
import type { Pins } from '../../core/definitions/pins.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { DefinitionStore } from '../../engine/definitions/ports.ts';
import { withBuiltIns } from './built-in-definitions.ts';
import { definitionKey, versionKey } from './catalog-keys.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item } from './item.ts';
import { type Table, tableOf } from './table.ts';
import { versionOf } from './versions.ts';

/** Definitions as the API writes them: a version is put first, then `HEAD` is updated under a condition on its `rev`. */
export function definitionStore(client: DynamoDBDocumentClient, table: string): DefinitionStore {
  const definitions = tableOf(client, table);
  return withBuiltIns({
    ...definitionReads(definitions),
    ...definitionHeads(definitions),
    ...definitionVersions(definitions),
  });
}

const headKey = (kind: Kind, id: string) => ({ pk: definitionKey(kind, id), sk: 'HEAD' });
const keyOfVersion = (kind: Kind, id: string, n: number) => ({ pk: definitionKey(kind, id), sk: versionKey(n) });

/** In place of the kind, in the index of kinds. */
const DELETED_JOURNEYS = 'deleted-journeys';

const definitionReads = (
  definitions: Table,
): Pick<DefinitionStore, 'head' | 'version' | 'versions' | 'list' | 'listDeleted'> => ({
  async head(kind: Kind, id: string): Promise<Head | undefined> {
    // An invalid id is not looked up: DynamoDB refuses keys over 2 KB.
    if (!DefinitionIdSchema.safeParse(id).success) return undefined;
    const item = await definitions.get(headKey(kind, id));
    return item && headOf(item);
  },

  async version<K extends Kind>(kind: K, id: string, n: number): Promise<Version<K> | undefined> {
    const item = await definitions.get(keyOfVersion(kind, id, n));
    return item && versionOf<K>(item);
  },

  async versions<K extends Kind>(kind: K, id: string, page: { limit: number; before?: number }) {
    const last = page.before === undefined ? 'v~' : versionKey(page.before - 1);
    const { items } = await definitions.query(
      expression`#pk = ${definitionKey(kind, id)} AND #sk BETWEEN ${versionKey(1)} AND ${last}`,
      { newestFirst: true, limit: page.limit },
    );
    return items.map((item) => ({ n: Number(String(item.sk).slice(1)), ...versionOf<K>(item) }));
  },

  list: (kind: Kind, page: HeadsPage) => listHeads(definitions, { kind, index: kind, isDeleted: false }, page),
  listDeleted: (page: HeadsPage) =>
    listHeads(definitions, { kind: 'journeys', index: DELETED_JOURNEYS, isDeleted: true }, page),
});

type HeadsPage = Parameters<DefinitionStore['list']>[1];

async function listHeads(
  definitions: Table,
  { kind, index, isDeleted }: { kind: Kind; index: string; isDeleted: boolean },
  page: HeadsPage,
): ReturnType<DefinitionStore['list']> {
  const after = definitionKey(kind, page.after ?? '');
  const read = await definitions.query(expression`#kind = ${index} AND #pk > ${after}`, {
    index: 'kind',
    limit: page.limit,
  });
  const keys = read.items.map((item) => String(item.pk));
  const found = await definitions.getAll(keys.map((pk) => ({ pk, sk: 'HEAD' })));
  const heads = new Map(found.map((item) => [String(item.pk), headOf(item)]));
  const items = keys.flatMap((pk) => {
    const head = heads.get(pk);
    return head !== undefined && (head.deleted ?? false) === isDeleted ? [{ id: pk.slice(kind.length + 1), head }] : [];
  });
  const last = read.next && keys.at(-1);
  return { items, ...(last === undefined ? {} : { next: last.slice(kind.length + 1) }) };
}

const definitionHeads = (definitions: Table): Pick<DefinitionStore, 'commitHead' | 'unlistDeleted'> => ({
  commitHead(kind: Kind, id: string, expected: number | undefined, next: Head): Promise<boolean> {
    const op = newOperation();
    const key = headKey(kind, id);
    const index = next.removeMachinesAfter === undefined ? {} : { kind: DELETED_JOURNEYS };
    const item = { ...key, ...(next.deleted ? index : { kind }), ...next, op };
    return carriedOut(
      definitions.put(item, expected === undefined ? NOT_THERE : expression`#rev = ${expected}`),
      async () => (await definitions.get(key))?.op === op,
    );
  },

  async unlistDeleted(id: string, rev: number): Promise<void> {
    const isSame = expression`#rev = ${rev} AND #deleted = ${true}`;
    const change = { remove: ['kind', 'removeMachinesAfter'], when: isSame };
    await isConditionMet(definitions.update(headKey('journeys', id), change));
  },
});

const definitionVersions = (
  definitions: Table,
): Pick<DefinitionStore, 'putVersion' | 'removeVersion' | 'pinVersion' | 'markRemoved'> => ({
  putVersion(kind: Kind, id: string, n: number, version: Omit<Version, 'pins'>): Promise<boolean> {
    const op = newOperation();
    const key = keyOfVersion(kind, id, n);
    const item = {
      ...key,
      op,
      definition: compress(version.definition),
      ...(version.sent === undefined ? {} : { sent: compress(version.sent) }),
      author: version.author,
      at: version.at,
      ...(version.warnings.length === 0 ? {} : { warnings: compress(version.warnings) }),
      ...(version.compiled === undefined ? {} : { compiled: compress(version.compiled) }),
    };
    return carriedOut(definitions.put(item, NOT_THERE), async () => (await definitions.get(key))?.op === op);
  },

  async removeVersion(kind: Kind, id: string, n: number, tried: number): Promise<void> {
    // A later head may follow the one that names this version: its write was carried out, and only the answer was lost.
    if ((await definitions.get(headKey(kind, id)))?.rev !== tried) return;
    await definitions.delete(keyOfVersion(kind, id, n));
  },

  pinVersion(
    kind: Kind,
    id: string,
    n: number,
    pins: Pins,
    { rev, at }: { rev: number; at: EpochMs },
  ): Promise<boolean> {
    const isNewer = expression`(attribute_not_exists(#pinnedRev) OR #pinnedRev <= ${rev})`;
    return isConditionMet(
      definitions.update(keyOfVersion(kind, id, n), {
        set: { pins, pinnedRev: rev, publishedAt: at },
        when: expression`attribute_exists(#pk) AND ${isNewer}`,
      }),
    );
  },

  async markRemoved(kind: Kind, id: string, n: number, at: EpochMs): Promise<void> {
    const isThere = expression`attribute_exists(#pk)`;
    await isConditionMet(definitions.update(keyOfVersion(kind, id, n), { set: { removedAt: at }, when: isThere }));
  },
});

/** The item as `commitHead` wrote it. */
function headOf(item: Item): Head {
  const { pk: _pk, sk: _sk, kind: _kind, op: _op, ...head } = item;
  return head as unknown as Head;
}
