import { describe, expect, it } from 'vitest';
import { cairn, type Json, journeyOf, publish, setUpJourneys } from './journeys-harness.ts';

setUpJourneys();

const wait = (days: number) => ({ rest: { type: 'wait', for: `${days}d`, next: 'done' } });
const journey = (event: string, days: number, name: string) => journeyOf({ event }, wait(days), { name });
/** Nights come for two days after something has happened. */
async function night(): Promise<void> {
  await cairn.track('somebody', 'Something');
  await cairn.advance('36h');
}
const removals = async (): Promise<Json[]> => {
  const { items } = await cairn.ok<{ items: Json[] }>('viewer', 'GET', '/v1/jobs?limit=200');
  return items.filter(({ kind }) => kind === 'remove-machines').map(({ status, done }) => ({ status, done }));
};

describe('state machines of superseded versions', () => {
  it('are removed after 90 days, unless a run is on one or a live journey pins it', async () => {
    await publish('short', journey('Begun', 1, 'first'));
    await publish('long', journey('Joined', 300, 'first'));
    await publish('nested', journey('Never', 1, 'first'));
    const starts = { start: { type: 'journey', journey: 'nested', next: 'rest' }, ...wait(1) };
    await publish('parent', journeyOf({ event: 'Started' }, starts));
    await cairn.track('ann', 'Begun');
    await cairn.track('ann', 'Joined');
    await publish('short', journey('Begun', 1, 'second'));
    await publish('long', journey('Joined', 300, 'second'));
    await publish('nested', journey('Never', 1, 'second'));

    await cairn.advance('80d');
    await night();
    expect(await removals()).toEqual([]);
    await cairn.advance('10d');
    await night();
    // `short` has lost a version's machines; on that of `long` is a run; that of `nested` is pinned.
    expect((await removals()).toSorted((a, b) => Number(a.done) - Number(b.done))).toEqual([
      { status: 'done', done: 0 },
      { status: 'done', done: 1 },
    ]);
    // All of them still work as they should.
    await cairn.track('bob', 'Started');
    await cairn.track('bob', 'Begun');
    await cairn.advance('2d');
    for (const id of ['parent', 'nested', 'short']) {
      const { items } = await cairn.ok<{ items: Json[] }>('viewer', 'GET', `/v1/journeys/${id}/runs?profileId=bob`);
      expect(items).toMatchObject([{ status: 'closed', outcome: 'done', version: id === 'short' ? 2 : 1 }]);
    }
    // The run that held its version is moved on, and a week later nobody needs that one either.
    await cairn.ok('marketer', 'POST', '/v1/journeys/long/migrate', { from: 1, to: 2 });
    await cairn.advance('7d');
    await night();
    expect((await removals()).filter(({ done }) => done === 1)).toHaveLength(2);
    await cairn.advance('220d');
    const { items } = await cairn.ok<{ items: Json[] }>('viewer', 'GET', '/v1/journeys/long/runs?profileId=ann');
    expect(items).toMatchObject([{ status: 'closed', outcome: 'done', version: 2 }]);
  });
});
