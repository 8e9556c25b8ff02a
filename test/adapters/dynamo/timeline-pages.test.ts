import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { profilePages } from '../../../adapters/dynamo/profile-pages.ts';
import { profileStore } from '../../../adapters/dynamo/profiles.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import type { PlaceInTimeline, ProfilePages, ProfileStore } from '../../../engine/profiles/ports.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let profiles: ProfileStore;
let pages: ProfilePages;

beforeAll(async () => {
  tables = await startTables();
  profiles = profileStore(tables.client, TABLES.profiles);
  pages = profilePages(tables.client, TABLES.profiles);
});
afterAll(() => tables.stop());

const event = (n: number, at: number): CairnEvent => ({
  id: `e${n}`,
  type: 'track',
  name: 'Seen',
  at,
  receivedAt: 1_000,
  index: n,
  key: 'server',
});

async function listed(key: string, limit: number): Promise<{ ids: string[]; sizes: number[] }> {
  const ids: string[] = [];
  const sizes: number[] = [];
  let cursor: PlaceInTimeline | undefined;
  do {
    const page = await pages.timeline(key, { limit, cursor });
    ids.push(...page.events.map(({ id }) => id));
    sizes.push(page.events.length);
    cursor = page.next;
  } while (cursor !== undefined && sizes.length < 200);
  return { ids, sizes };
}

describe('pages of a timeline', () => {
  it('put an event that arrived late in its place, among batches whose latest event is later', async () => {
    await profiles.putEvents('late', [event(1, 100), event(2, 200)]);
    await profiles.putEvents('late', [event(4, 400), event(5, 500)]);
    await profiles.putEvents('late', [event(3, 300), event(6, 600), event(7, 700)]);
    for (const limit of [1, 2, 3, 10])
      expect((await listed('late', limit)).ids).toEqual(['e7', 'e6', 'e5', 'e4', 'e3', 'e2', 'e1']);
  });

  it('are full but for the last, newest first and each event once, however events were batched', async () => {
    let drawn = 0;
    const instants = fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }), {
      maxLength: 25,
    });
    const property = fc.asyncProperty(instants, fc.integer({ min: 1, max: 12 }), async (batches, limit) => {
      const key = `drawn-${drawn++}`;
      let n = 0;
      const events = batches.map((batch) => batch.map((at) => event(n++, at)));
      for (const batch of events) await profiles.putEvents(key, batch);
      // What a crash before the commit leaves: its batch is put again, divided otherwise.
      const [first] = events;
      if (first !== undefined && first.length > 1) await profiles.putEvents(key, first.slice(1));
      const { ids, sizes } = await listed(key, limit);
      const expected = events.flat().sort((a, b) => b.at - a.at || b.index - a.index);
      expect(ids).toEqual(expected.map(({ id }) => id));
      expect(sizes.slice(0, -1).filter((size) => size !== limit)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 40 });
  });
});
