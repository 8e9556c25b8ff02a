import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitionStore } from '../../../adapters/dynamo/definitions.ts';
import type { Head } from '../../../core/definitions/definition.ts';
import type { DefinitionStore } from '../../../engine/definitions/ports.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let definitions: DefinitionStore;

beforeAll(async () => {
  tables = await startTables();
  definitions = definitionStore(tables.client, TABLES.catalog);
});
afterAll(() => tables.stop());

const head = (rev: number, more: Partial<Head> = {}): Head => ({
  rev,
  latest: 1,
  hash: '',
  status: 'draft',
  authors: [],
  ...more,
});
const gone = { deleted: true, removeMachinesAfter: 5 };
const namesOf = async (page: Promise<{ items: { id: string }[] }>) => (await page).items.map(({ id }) => id);

describe('a deleted journey', () => {
  it('is listed apart until it has no state machines, or is written again', async () => {
    for (const id of ['a', 'b', 'c']) await definitions.commitHead('journeys', id, undefined, head(1));
    for (const id of ['a', 'b', 'c']) await definitions.commitHead('journeys', id, 1, head(2, gone));
    await definitions.commitHead('lists', 'l', undefined, head(1, { deleted: true }));
    expect(await namesOf(definitions.list('journeys', { limit: 9 }))).toEqual([]);
    const { items, next } = await definitions.listDeleted({ limit: 2 });
    expect(items.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(await namesOf(definitions.listDeleted({ limit: 2, after: next ?? '' }))).toEqual(['c']);

    await definitions.unlistDeleted('a', 2);
    await definitions.commitHead('journeys', 'b', 2, head(3));
    await definitions.unlistDeleted('b', 2);
    await definitions.unlistDeleted('c', 1);
    expect(await namesOf(definitions.listDeleted({ limit: 9 }))).toEqual(['c']);
    expect(await namesOf(definitions.list('journeys', { limit: 9 }))).toEqual(['b']);
    expect(await definitions.head('journeys', 'a')).toEqual({ ...head(2), deleted: true });
  });
});
