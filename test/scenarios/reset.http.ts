import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

const START = '2026-11-02T01:00:00.000Z';
let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

/** A journey of a year of hourly steps: advancing through it takes a while. */
async function beginLongRuns(): Promise<void> {
  const hours = Array.from({ length: 60 }, (_, hour) => [
    `wait-${hour}`,
    { type: 'wait', for: '6h', next: hour === 59 ? 'done' : `wait-${hour + 1}` },
  ]);
  await cairn.ok('marketer', 'PUT', '/v1/journeys/long', {
    name: 'Long',
    owner: 'growth',
    entry: { event: 'Signed Up' },
    start: 'wait-0',
    nodes: { ...Object.fromEntries(hours), done: { type: 'end' } },
  });
  await cairn.publish('long');
  // So many that an advance is not over before it is looked at.
  for (const user of ['ann', ...Array.from({ length: 15 }, (_, index) => `other-${index}`)])
    await cairn.track(user, 'Signed Up');
}

describe('reset', () => {
  it('ends an advance that is under way: nothing of before is left, and the clock stays at its start', async () => {
    await beginLongRuns();
    const advancing = cairn.call('POST', '/_local/advance', { by: '365d' });
    await expect.poll(() => cairn.now(), { timeout: 20_000, interval: 5 }).not.toBe(START);
    await cairn.reset();
    expect((await advancing).status).toBe(409);
    expect(await cairn.now()).toBe(START);
    expect((await cairn.as('viewer', 'GET', '/v1/profiles/ann')).status).toBe(404);
    expect((await cairn.as('viewer', 'GET', '/v1/journeys/long')).status).toBe(404);
    await cairn.advance('30d');
    expect(await cairn.now()).toBe('2026-12-02T01:00:00.000Z');
    expect(await cairn.local('GET', 'counts')).toMatchObject({ openExecutions: 0, transitions: 0 });
    await cairn.reset();
  });

  it('takes what comes meanwhile, and a second one', async () => {
    await beginLongRuns();
    const resets = [cairn.reset(), cairn.reset()];
    const posted = Array.from({ length: 10 }, (_, index) => cairn.track(`after-${index}`, 'Logged In'));
    await Promise.all([...resets, ...posted]);
    await cairn.track('dan', 'Logged In');
    expect((await cairn.as('viewer', 'GET', '/v1/profiles/dan')).status).toBe(200);
    expect((await cairn.as('viewer', 'GET', '/v1/profiles/ann')).status).toBe(404);
    await cairn.reset();
  });

  it('forgets which messages came: the same life goes the same way again', async () => {
    const end = { type: 'end' };
    const runsOfInner = async () => {
      const inner = { name: 'Inner', owner: 'growth', entry: { api: true }, start: 'done', nodes: { done: end } };
      const nodes = { inner: { type: 'journey', journey: 'inner', next: 'done' }, done: end };
      const outer = { name: 'Outer', owner: 'growth', entry: { event: 'Signed Up' }, start: 'inner', nodes };
      for (const [id, journey] of Object.entries({ inner, outer })) {
        await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, journey);
        await cairn.publish(id);
      }
      await cairn.track('ann', 'Signed Up', {}, { messageId: 'the-same' });
      return (await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/journeys/inner/runs')).items.length;
    };
    expect(await runsOfInner()).toBe(1);
    await cairn.reset();
    expect(await runsOfInner()).toBe(1);
    await cairn.reset();
  });

  it('advances one after the other', async () => {
    await Promise.all([cairn.advance('24h'), cairn.advance('24h'), cairn.local('POST', 'settle')]);
    expect(await cairn.now()).toBe('2026-11-04T01:00:00.000Z');
    await cairn.reset();
  });
});
