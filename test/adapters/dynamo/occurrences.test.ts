import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { occurrenceStore } from '../../../adapters/dynamo/occurrences.ts';
import { type Occurrence, occurrenceIdAt } from '../../../core/campaigns/occurrence.ts';
import { activeOccurrences } from '../../../engine/campaigns/active-occurrences.ts';
import { type BeginDeps, beginOccurrence } from '../../../engine/campaigns/begin-occurrence.ts';
import { statusOfCampaign } from '../../../engine/campaigns/status.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
});
afterAll(() => stop());

const NOW = Date.parse('2026-11-02T01:00:00Z');
const DAY_MS = 86_400_000;
const store = () => occurrenceStore(client, TABLES.catalog);
const occurrence = (campaign: string, day: number, status: Occurrence['status'] = 'running'): Occurrence => {
  const at = NOW + day * DAY_MS;
  return { campaign, id: occurrenceIdAt(at), version: 1, at, status, epoch: 1, stage: 'all' };
};
const ends = (one: Occurrence) => store().change(one, (there) => ({ ...there, status: 'done' }));
const idsOf = async (campaign: string) =>
  (await activeOccurrences({ occurrences: store() }, campaign)).map(({ id }) => id);

/** One under way since long, and 30 newer ones that have ended. */
async function longSeries(campaign: string): Promise<Occurrence> {
  const oldest = occurrence(campaign, 0);
  await store().create(oldest);
  for (let day = 1; day <= 30; day += 1) {
    const one = occurrence(campaign, day);
    await store().create(one);
    await ends(one);
  }
  return oldest;
}

const deps = () =>
  ({
    occurrences: store(),
    catalog: { version: async () => ({ definition: { at: { every: 'day', time: '09:00' } } }) },
    clock: () => NOW,
  }) as unknown as BeginDeps & Parameters<typeof statusOfCampaign>[0];

test('one that is under way is found, however many newer ones have ended', async () => {
  const oldest = await longSeries('series');
  expect(await idsOf('series')).toEqual([oldest.id]);
  expect(await statusOfCampaign(deps(), 'series')).toBe('running');
  const next = await beginOccurrence(deps(), { campaign: 'series', version: 1, at: NOW + 31 * DAY_MS, by: 'schedule' });
  expect(next).toMatchObject({ status: 'cancelled', reason: 'overlap' });
  await ends(oldest);
  expect(await idsOf('series')).toEqual([]);
});

test('are listed newest first, page by page', async () => {
  const all = [1, 2, 3].map((day) => occurrence('many', day));
  for (const one of all) await store().create(one);
  const first = await store().active('many', { limit: 2 });
  expect(first).toMatchObject({ items: [all[2], all[1]], next: all[1]?.id });
  expect(await store().active('many', { limit: 2, before: first.next })).toEqual({ items: [all[0]] });
});

test('one whose end was not noted, or that came not to be, is passed over', async () => {
  const [ended, lost] = [occurrence('broken', 1), occurrence('broken', 2)];
  await store().create(ended);
  /** A death right before the second of two writes. */
  const dying = (kind: typeof DeleteCommand | typeof PutCommand, after: number) => {
    let left = after;
    const send = async (command: object) => {
      if (command instanceof kind && left-- === 0) throw new Error('died');
      return client.send(command as never);
    };
    return occurrenceStore({ send } as unknown as DynamoDBDocumentClient, TABLES.catalog);
  };
  await expect(dying(DeleteCommand, 0).change(ended, (there) => ({ ...there, status: 'done' }))).rejects.toThrow();
  await expect(dying(PutCommand, 1).create(lost)).rejects.toThrow();
  expect(await idsOf('broken')).toEqual([]);
  // The repeat finishes it.
  expect(await store().create(lost)).toBe(true);
  expect(await idsOf('broken')).toEqual([lost.id]);
});

test('profiles that a trigger has named are those of the first call', async () => {
  const of = { campaign: 'call', id: 'one' };
  expect(await store().named(of)).toEqual([]);
  await store().putNamed(of, ['a', 'b'], NOW);
  await store().putNamed(of, ['c'], NOW);
  expect(await store().named(of)).toEqual(['a', 'b']);
});
