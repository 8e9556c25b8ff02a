import { beforeEach, describe, expect, test } from 'vitest';
import { dueChecks } from '../../../adapters/dynamo/due-checks.ts';
import { MemoryTables } from '../../protocols/memory.ts';
import { TABLES } from '../../protocols/tables.ts';

let now = 0;
let client = new MemoryTables().client;
beforeEach(() => {
  now = 0;
  ({ client } = new MemoryTables());
});
/** Each is a process of its own. */
const checks = () => dueChecks(client, TABLES.catalog, () => now);
const due = () => checks().due(1_000, 10);

describe('the next check of a scope', () => {
  test('is the earliest that anybody asks for', async () => {
    for (const at of [100, 50, 80]) await checks().set('s', at);
    expect(await due()).toEqual([{ scope: 's', at: 50 }]);
  });

  test('takes the place of one that is overdue', async () => {
    await checks().set('s', 50);
    now = 50;
    await checks().set('s', 200);
    expect(await due()).toEqual([{ scope: 's', at: 200 }]);
  });

  test('is set by a process whose last one another has done', async () => {
    const known = checks();
    await known.set('s', 100);
    now = 100;
    await checks().done('s', 100, undefined);
    await known.set('s', 300);
    expect(await due()).toEqual([{ scope: 's', at: 300 }]);
  });

  test('is not taken away by who has done an earlier one', async () => {
    await checks().set('s', 100);
    await checks().set('s', 50);
    await checks().done('s', 100, undefined);
    await checks().done('s', 100, 400);
    expect(await due()).toEqual([{ scope: 's', at: 50 }]);
  });
});
