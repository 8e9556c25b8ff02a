import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
/** Each part has a cloud of its own, because it moves the clock to dates of its own. */
const ownClock = (): void => {
  beforeAll(async () => {
    cairn = await acquireCairn();
  });
  afterAll(() => releaseCairn(cairn));
};

describe('an entry by a date that moves', () => {
  ownClock();
  const renewals = ['2026-11-10', '2026-11-20', '2026-12-01', '2026-12-24'];
  const journey = (reentry?: unknown) => ({
    name: 'Renewal',
    entry: { date: { trait: 'renewsOn', offset: '-3d', time: '09:00' } },
    ...(reentry === undefined ? {} : { reentry }),
    start: 'done',
    nodes: { done: { type: 'end' } },
  });
  /** The keys of those who entered, in order. */
  const entered = async (id: string, profileId: string): Promise<string[]> =>
    (
      await cairn.ok<{ items: { key: string }[] }>('marketer', 'GET', `/v1/journeys/${id}/runs?profileId=${profileId}`)
    ).items
      .map(({ key }) => key)
      .sort();
  const CASES = [
    ['renewal', undefined, renewals],
    ['renewal-always', 'always', renewals],
    ['renewal-once', 'never', renewals.slice(0, 1)],
    // The renewals are on the 7th, 17th and 28th of November and the 21st of December; the second is ten days after the first.
    ['renewal-after', { after: '12d' }, ['2026-11-10', '2026-12-01', '2026-12-24']],
  ] as const;

  beforeAll(async () => {
    for (const [id, reentry] of CASES) {
      await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, journey(reentry));
      await cairn.publish(id);
    }
  });

  it('lets in once for each date, once ever, or not sooner than said; a date that comes back lets nobody in again', async () => {
    for (const renewsOn of renewals) {
      await cairn.identify('dan', { renewsOn });
      await cairn.advanceTo(`${renewsOn}T12:00:00.000Z`);
    }
    // Moved back and moved on: the same dates come again.
    for (const [at, renewsOn] of [
      ['2026-12-25', '2026-12-31'],
      ['2026-12-26', '2026-12-24'],
    ] as const) {
      await cairn.advanceTo(`${at}T12:00:00.000Z`);
      await cairn.identify('dan', { renewsOn });
    }
    for (const [id, , keys] of CASES) expect([id, await entered(id, 'dan')]).toEqual([id, keys]);
  });

  it.each(CASES)('simulate agrees: %s', async (id, _reentry, keys) => {
    const events = renewals.map((renewsOn, index) => ({
      after: index === 0 ? '0s' : `${(Date.parse(renewals[index - 1] ?? '') - Date.parse('2026-11-02')) / 86_400_000}d`,
      traits: { renewsOn },
    }));
    const { runs } = await cairn.ok<{ runs: { key: string }[] }>('marketer', 'POST', `/v1/journeys/${id}/simulate`, {
      profile: { traits: {} },
      // The clock of the other test may be ahead; the customer is made up.
      at: '2026-11-02T12:00:00.000Z',
      events,
      until: '60d',
    });
    expect(runs.map(({ key }) => key)).toEqual(keys);
  });
});

describe('a journey that rests until the date that lets its customers in', () => {
  ownClock();
  const template = (id: string) => ({
    id,
    definition: { class: 'transactional', content: { sms: { text: id } }, track: false },
  });
  const until = (offset: string) => ({ trait: 'endsOn', offset, time: '10:00' });
  const membership = {
    name: 'Membership',
    entry: { date: until('-30d') },
    start: 'month',
    nodes: {
      month: { type: 'send', template: 'month', channels: ['sms'], next: 'near' },
      near: { type: 'wait', until: until('-7d'), next: 'week' },
      week: { type: 'send', template: 'week', channels: ['sms'], next: 'after' },
      after: { type: 'wait', for: '60d', next: 'done' },
      done: { type: 'end' },
    },
  };
  const traits = { phone: '+8613800000321', endsOn: '2027-03-31' };
  /** The date moves once while the run rests until it, and once after all its rests until it. */
  const MOVES = [
    ['2027-03-10T00:00:00.000Z', '2027-04-30'],
    ['2027-05-01T00:00:00.000Z', '2027-06-30'],
  ] as const;
  const START = '2027-02-28T00:00:00.000Z';
  // One run follows the first move: no second month, no second week. After its last date it no longer prevents an entry.
  const RIGHT = [
    '2027-03-01T02:00:00.000Z month',
    '2027-04-23T02:00:00.000Z week',
    '2027-05-31T02:00:00.000Z month',
    '2027-06-23T02:00:00.000Z week',
  ];

  beforeAll(async () => {
    for (const { id, definition } of ['month', 'week'].map(template))
      await cairn.ok('marketer', 'PUT', `/v1/templates/${id}`, definition);
    await cairn.ok('marketer', 'PUT', '/v1/journeys/membership', membership);
    await cairn.publish('membership');
  });

  it('lets no second run in while the first goes with the date', async () => {
    await cairn.advanceTo(START);
    await cairn.identify('eva', traits);
    for (const [at, endsOn] of MOVES) {
      await cairn.advanceTo(at);
      await cairn.identify('eva', { endsOn });
    }
    await cairn.advanceTo('2027-07-01T00:00:00.000Z');
    const sent = (await cairn.outbox()).filter(({ profileId }) => profileId === 'eva');
    expect(sent.map(({ at, template }) => `${at} ${template}`)).toEqual(RIGHT);
  });

  it('does so in the dry run', async () => {
    const after = (at: string) => `${(Date.parse(at) - Date.parse(START)) / 3_600_000}h`;
    const { messages } = await cairn.ok<{ messages: { at: string; node: string }[] }>(
      'marketer',
      'POST',
      '/v1/journeys/membership/simulate',
      {
        profile: { traits },
        at: START,
        events: MOVES.map(([at, endsOn]) => ({ after: after(at), traits: { endsOn } })),
        until: '130d',
      },
    );
    expect(messages.map(({ at, node }) => `${at} ${node}`)).toEqual(RIGHT);
  });
});
