import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false } });
  await template('Hello');
});

const template = (text: string) =>
  cairn.ok('marketer', 'PUT', '/v1/templates/hello', { class: 'marketing', content: { sms: { text } } });
const journeyOf = (entry: Json, nodes: Json, more: Json = {}): Json => ({
  name: 'Journey',
  entry,
  reentry: 'always',
  start: Object.keys(nodes)[0],
  nodes,
  ...more,
});
async function publish(id: string, journey: Json): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, journey);
  await cairn.ok('marketer', 'POST', `/v1/journeys/${id}/publish`);
}
const runsOf = async (id: string): Promise<Json[]> =>
  (await cairn.ok<{ items: Json[] }>('viewer', 'GET', `/v1/journeys/${id}/runs`)).items;
const endsAs = (outcome: string, more: Json = {}): Json =>
  journeyOf({ api: true }, { done: { type: 'end', outcome } }, more);

describe('a journey that starts another', () => {
  const outer = journeyOf(
    { event: 'Asked' },
    { on: { type: 'journey', journey: 'quote', key: '{{ data.n }}', next: 'done' }, done: { type: 'end' } },
  );

  it('starts the version that it pinned, by whose audience it lets in, until it is submitted again', async () => {
    await publish('quote', endsAs('first'));
    await publish('ask', outer);
    await publish('quote', endsAs('second', { audience: { trait: 'city', eq: 'Nowhere' } }));
    await cairn.track('ann', 'Asked', { n: '1' });
    expect(await runsOf('quote')).toMatchObject([{ version: 1, key: '1', outcome: 'first' }]);
    const simulated = await cairn.ok<{ timeline: Json[] }>('marketer', 'POST', '/v1/journeys/ask/simulate', {
      profile: {},
      trigger: { properties: { n: '2' } },
    });
    expect(simulated.timeline).toContainEqual(expect.objectContaining({ node: 'on', journey: 'quote', version: 1 }));
    // A call by hand starts the live version.
    expect(await cairn.ok('marketer', 'POST', '/v1/journeys/quote/trigger', { profileId: 'ann' })).toEqual({
      entered: false,
      reason: 'audience',
    });

    expect(await cairn.ok('marketer', 'POST', '/v1/journeys/ask/submit', { dryRun: true })).toMatchObject({
      pins: { before: { journeys: { quote: 1 } }, after: { journeys: { quote: 2 } } },
    });
    await cairn.ok('marketer', 'POST', '/v1/journeys/ask/submit');
    await cairn.ok('marketer', 'POST', '/v1/journeys/ask/publish');
    await cairn.identify('ann', { city: 'Nowhere' });
    await cairn.track('ann', 'Asked', { n: '3' });
    // At one instant, in any order.
    expect((await runsOf('quote')).map(({ version, key, outcome }) => `${version} ${key} ${outcome}`).sort()).toEqual([
      '1 1 first',
      '2 3 second',
    ]);
  });

  it('starts nothing once the pinned version was archived, though a newer one is live', async () => {
    await publish('quote', endsAs('first'));
    await publish('ask', outer);
    await cairn.ok('marketer', 'POST', '/v1/journeys/quote/archive');
    await publish('quote', endsAs('second'));
    await cairn.track('ann', 'Asked', { n: '1' });
    expect(await runsOf('ask')).toHaveLength(1);
    expect(await runsOf('quote')).toEqual([]);
  });
});

describe('a corrected template', () => {
  it('reaches those who enter once the unchanged journey was submitted and published again', async () => {
    const nodes = {
      breathe: { type: 'wait', for: '1h', next: 'say' },
      say: { type: 'send', template: 'hello', channels: ['sms'], next: 'done' },
      done: { type: 'end' },
    };
    await publish('greet', journeyOf({ event: 'Looked' }, nodes));
    const context = { consent: { categoryPreferences: { sms: true } } };
    for (const [index, userId] of ['ann', 'bob'].entries())
      await cairn.identify(userId, { phone: `+861380013800${index}` }, { context });
    await cairn.track('ann', 'Looked');
    await template('Hello, corrected');
    await cairn.ok('marketer', 'POST', '/v1/journeys/greet/submit');
    await cairn.ok('marketer', 'POST', '/v1/journeys/greet/publish');
    await cairn.track('bob', 'Looked');
    await cairn.advance('2h');
    expect((await cairn.outbox()).map(({ profileId, text }) => `${profileId}: ${text}`).sort()).toEqual([
      'ann: Hello',
      'bob: Hello, corrected',
    ]);
  });
});

describe('a simulation of a journey with a schedule', () => {
  const daily = journeyOf({ schedule: { every: 'day', time: '10:00' } }, { done: { type: 'end', outcome: 'had' } });
  const simulate = (more: Json) =>
    cairn.ok<{ timeline: Json[]; runs: Json[] }>('marketer', 'POST', '/v1/journeys/daily/simulate', {
      profile: { timezone: 'Asia/Shanghai' },
      until: '50h',
      ...more,
    });

  it('enters when the schedule says so, and not before', async () => {
    await publish('daily', daily);
    // 09:00 in Shanghai.
    const { runs } = await simulate({ at: '2026-11-02T01:00:00Z' });
    expect(runs.map(({ at }) => at)).toEqual([
      '2026-11-02T02:00:00.000Z',
      '2026-11-03T02:00:00.000Z',
      '2026-11-04T02:00:00.000Z',
    ]);
  });

  it('enters at once by a trigger, where one is simulated', async () => {
    await publish('daily', daily);
    const { runs } = await simulate({ at: '2026-11-02T03:00:00Z', trigger: { data: {} }, until: '1h' });
    expect(runs.map(({ at }) => at)).toEqual(['2026-11-02T03:00:00.000Z']);
  });
});
