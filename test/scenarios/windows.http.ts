import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

/** It is 09:00 in Shanghai. */
const OPENS = '2026-11-02T02:00:00.000Z';
const WINDOW = { hours: [['10:00', '12:00']] };
const CONTEXT = { consent: { categoryPreferences: { push: true } }, device: { type: 'ios', token: 'phone' } };

const send = (next: string, more: object = {}) => ({
  type: 'send',
  template: 'news',
  channels: ['push'],
  next,
  ...more,
});
async function defined(more: object = {}, first: object = {}): Promise<void> {
  await cairn.ok('marketer', 'PUT', '/v1/journeys/calls', {
    name: 'Calls',
    owner: 'growth',
    entry: { event: 'Called' },
    exit: [{ event: 'Answered', outcome: 'answered' }],
    window: WINDOW,
    start: 'first',
    nodes: {
      first: send('hour', first),
      hour: { type: 'wait', for: '1h', next: 'second' },
      second: send('done'),
      done: { type: 'end' },
    },
    ...more,
  });
  await cairn.publish('calls');
}

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    content: { push: { title: 'News', body: 'Something new' } },
  });
  await cairn.identify('ann', {}, { context: CONTEXT });
});

interface Row {
  status: string;
  reason?: string;
  source: { node: string };
}
const sent = async () => (await cairn.outbox()).map(({ at }) => at);
const run = async () =>
  (await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/journeys/calls/runs?profileId=ann')).items[0];
const statuses = async () =>
  (await cairn.ok<{ items: Row[] }>('viewer', 'GET', '/v1/messages?profileId=ann')).items
    .map(({ source, status, reason = '' }) => `${source.node} ${status} ${reason}`.trim())
    .sort();

describe('while its window is closed, a run', () => {
  it('rests at its send, and what follows counts from leaving it', async () => {
    await defined();
    await cairn.track('ann', 'Called');
    expect(await run()).toMatchObject({ status: 'parked', node: 'first' });
    expect(await statuses()).toEqual(['first deferred outside-window']);
    await cairn.advance('59m');
    expect(await sent()).toEqual([]);
    await cairn.advance('1m');
    expect(await sent()).toEqual([OPENS]);
    expect(await run()).toMatchObject({ status: 'open', node: 'hour' });
    await cairn.advance('1h');
    expect(await sent()).toEqual([OPENS, '2026-11-02T03:00:00.000Z']);
    expect(await run()).toMatchObject({ status: 'closed' });
  });

  it('rests at a later send until the next day', async () => {
    await defined({ window: { hours: [['08:00', '09:30']] } });
    await cairn.track('ann', 'Called');
    await cairn.advance('1h');
    expect(await statuses()).toEqual(['first sent', 'second deferred outside-window']);
    await cairn.advance('23h');
    expect(await sent()).toEqual(['2026-11-02T01:00:00.000Z', '2026-11-03T00:00:00.000Z']);
  });

  it('waits a moment on the queue, where the window opens within minutes', async () => {
    await defined({ window: { hours: [['09:02', '12:00']] } });
    await cairn.track('ann', 'Called');
    expect(await statuses()).toEqual(['first deferred outside-window']);
    expect(await run()).toMatchObject({ status: 'parked', node: 'first' });
    await cairn.advance('2m');
    expect(await sent()).toEqual(['2026-11-02T01:02:00.000Z']);
    expect(await run()).toMatchObject({ status: 'open', node: 'hour' });
  });

  it('goes on at once where the window skips', async () => {
    await defined({ window: { ...WINDOW, otherwise: 'skip' } });
    await cairn.track('ann', 'Called');
    expect(await statuses()).toEqual(['first suppressed outside-window']);
    expect(await run()).toMatchObject({ status: 'open', node: 'hour' });
  });

  it('goes on after `validFor`, and the message expires', async () => {
    await defined({ validFor: '30m' });
    await cairn.track('ann', 'Called');
    await cairn.advance('30m');
    expect(await statuses()).toEqual(['first deferred outside-window']);
    await cairn.advance('1s');
    expect(await statuses()).toEqual(['first suppressed expired']);
    expect(await run()).toMatchObject({ status: 'open', node: 'hour' });
    await cairn.advance('2h');
    expect(await sent()).toEqual(['2026-11-02T02:30:01.000Z']);
  });

  it('ends by its exit at once, and so does the message', async () => {
    await defined();
    await cairn.track('ann', 'Called');
    await cairn.track('ann', 'Answered');
    await cairn.advance('10s');
    expect(await statuses()).toEqual(['first suppressed exited']);
    await cairn.advance('2h');
    expect(await sent()).toEqual([]);
  });

  it('sends nothing to one who says no, and rests on while the channel is paused', async () => {
    await defined();
    await cairn.track('ann', 'Called');
    await cairn.ok('approver', 'POST', '/v1/channels/push/pause', {});
    await cairn.advance('1h');
    expect(await statuses()).toEqual(['first held paused']);
    await cairn.identify('ann', {}, { context: { consent: { categoryPreferences: { push: false } } } });
    await cairn.ok('approver', 'POST', '/v1/channels/push/resume', {});
    await cairn.local('POST', 'settle');
    expect(await statuses()).toEqual(['first suppressed no-consent']);
    expect(await run()).toMatchObject({ status: 'open', node: 'hour' });
  });

  it('is simulated as it goes', async () => {
    await defined();
    const asked = { profileId: 'ann', at: '2026-11-02T01:00:00Z', events: [], until: '1d' };
    const { timeline, messages } = await cairn.ok<{ timeline: object[]; messages: object[] }>(
      'marketer',
      'POST',
      '/v1/journeys/calls/simulate',
      asked,
    );
    expect(timeline).toMatchObject([
      { type: 'event' },
      { type: 'entered' },
      { type: 'send', node: 'first', status: 'deferred', reason: 'outside-window' },
      { type: 'rests', node: 'first', until: OPENS },
      // It looks by itself every six hours.
      { type: 'parked' },
      { type: 'message', node: 'first', status: 'sent', at: OPENS },
      { type: 'wait', node: 'hour', until: '2026-11-02T03:00:00.000Z' },
      { type: 'send', node: 'second', status: 'sent', at: '2026-11-02T03:00:00.000Z' },
      { type: 'end' },
    ]);
    expect(messages).toMatchObject([{ status: 'sent' }, { status: 'sent' }]);
  });
});

it('at an opening 100 messages leave at its instant, the others within 5 minutes, older first', {
  timeout: 60_000,
}, async () => {
  await defined({ start: 'first', nodes: { first: send('done'), done: { type: 'end' } } });
  const ids = Array.from({ length: 250 }, (_, index) => `user-${String(index).padStart(3, '0')}`);
  // The later ones have entered first.
  const older = ids.toReversed();
  const began = Date.parse('2026-11-02T00:50:00Z');
  const calls = ids.flatMap((userId) => [
    {
      type: 'identify',
      userId,
      context: { ...CONTEXT, device: { type: 'ios', token: `phone-${userId}` } },
    },
    {
      type: 'track',
      userId,
      event: 'Called',
      timestamp: new Date(began + older.indexOf(userId) * 1_000).toISOString(),
    },
  ]);
  for (let from = 0; from < calls.length; from += 100)
    await cairn.post('batch', { batch: calls.slice(from, from + 100) });
  await cairn.local('POST', 'settle');
  const outbox = async () => (await cairn.outbox({ limit: '1000' })).map(({ at, to }) => ({ at: Date.parse(at), to }));
  expect(await outbox()).toEqual([]);
  await cairn.advance('1h');
  const atOnce = await outbox();
  expect(atOnce.every(({ at }) => at === Date.parse(OPENS))).toBe(true);
  expect(new Set(atOnce.map(({ to }) => String(to)))).toEqual(new Set(older.slice(0, 100).map((id) => `phone-${id}`)));
  await cairn.advance('5m');
  const all = await outbox();
  expect(all).toHaveLength(250);
  const placeOf = new Map(older.map((id, place) => [`phone-${id}`, place]));
  const places = all.map(({ at, to }) => ({ at, place: placeOf.get(String(to)) ?? -1 }));
  // Two messages a second leave, so that neighbours may change places.
  for (const { at, place } of places.filter((one) => one.place >= 100)) {
    const planned = Date.parse(OPENS) + (300_000 * (place - 99)) / 150;
    expect(Math.abs(at - planned)).toBeLessThanOrEqual(1_000);
  }
});
