import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { enter, installJourney } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

interface Report {
  totals: Record<string, unknown>;
  entered: number;
  nodes: { id: string; messages: Record<string, number> }[];
}
interface Jobs {
  items: { kind: string; status: string; done: number }[];
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], approval: { required: false } });
  await installJourney(cairn, 'offer', { event: 'Offered', channel: 'sms', content: { text: 'An offer' } });
});
afterAll(() => releaseCairn(cairn));

const report = (scope: string) => cairn.ok<Report>('viewer', 'GET', `/v1/reports/${scope}?from=2026-11-01`);
const sent = async () => (await report('channel/sms')).totals.sent;
const messages = async () => (await report('journey/offer')).nodes.find(({ id }) => id === 'notify')?.messages;
const state = async () => {
  const { items } = await cairn.local<{ items: { name: string; state: string }[] }>('GET', 'alarms');
  return items.find(({ name }) => name === 'cairn-counter-drift')?.state;
};
const counting = (enabled: boolean) => cairn.local('POST', 'mapping', { function: 'cairn-record-metrics', enabled });
const until = (to: string) => cairn.local('POST', 'advance', { to });
const recounts = async () =>
  (await cairn.ok<Jobs>('admin', 'GET', '/v1/jobs')).items.filter(({ kind }) => kind === 'recount');

describe('the nightly recount', { shuffle: false }, () => {
  it('knows of no drift while nothing was lost', async () => {
    await enter(cairn, 'Offered', 0, 2);
    expect([await sent(), await messages(), await recounts()]).toEqual([2, { sent: 2 }, []]);
  });

  it('waits until the day is over, with counters that are too low', async () => {
    await counting(false);
    await enter(cairn, 'Offered', 2, 3);
    const [first] = await cairn.outbox({ channel: 'sms' });
    await cairn.local('POST', 'feedback', { messageId: first?.messageId, kind: 'delivered' });
    await until('2026-11-03T03:22:00Z');
    expect(await messages()).toEqual({ sent: 2 });
    expect(await state()).not.toBe('ALARM');
  });

  it('adds what was lost, and wakes somebody', async () => {
    await until('2026-11-03T03:24:00Z');
    expect(await messages()).toEqual({ sent: 5, delivered: 1 });
    expect(await state()).toBe('ALARM');
    expect(await recounts()).toMatchObject([{ status: 'done', done: 5 }]);
  });

  it('has counted what the queue delivers at last', async () => {
    await counting(true);
    await cairn.local('POST', 'settle');
    expect(await messages()).toEqual({ sent: 5, delivered: 1 });
    // Reports, and what runs did, are counted as it comes, however late.
    expect((await report('channel/sms')).totals).toMatchObject({ sent: 5, delivered: 1 });
    expect(await report('journey/offer')).toMatchObject({ entered: 5, totals: { sent: 5 } });
  });

  it('finds nothing in the next night, and the alarm is off', async () => {
    await enter(cairn, 'Offered', 5, 1);
    await until('2026-11-04T04:00:00Z');
    expect([await sent(), await state()]).toEqual([6, 'OK']);
    expect(await recounts()).toMatchObject([
      // With the messages of the day before.
      { status: 'done', done: 6 },
      { status: 'done', done: 5 },
    ]);
  });
});
