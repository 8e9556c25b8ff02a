import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

beforeEach(async () => {
  await cairn.reset();
  await cairn.install('templates', 'tutorial');
  await cairn.ok('marketer', 'PUT', '/v1/journeys/two', {
    name: 'Two',
    entry: { event: 'Signed Up' },
    validFor: '2d',
    start: 'first',
    nodes: {
      first: { type: 'send', template: 'tutorial', channels: ['push'], next: 'hour' },
      hour: { type: 'wait', for: '1h', next: 'second' },
      second: { type: 'send', template: 'tutorial', channels: ['push'], next: 'done' },
      done: { type: 'end' },
    },
  });
  await cairn.publish('two');
  const context = { consent: { categoryPreferences: { push: true } }, device: { type: 'ios', token: 'phone' } };
  await cairn.identify('ann', {}, { context });
});

const sent = async () => (await cairn.outbox()).map(({ at }) => at);
const run = async () =>
  (await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/journeys/two/runs?profileId=ann')).items[0];
const statuses = async () =>
  (
    await cairn.ok<{ items: { status: string; reason?: string }[] }>('viewer', 'GET', '/v1/messages?profileId=ann')
  ).items
    .map(({ status, reason }) => (reason === undefined ? status : `${status} ${reason}`))
    .sort();

describe('while its channel is paused, a run', () => {
  it('rests at its send, and what follows counts from leaving it', async () => {
    await cairn.ok('approver', 'POST', '/v1/channels/push/pause', {});
    await cairn.track('ann', 'Signed Up');
    expect(await run()).toMatchObject({ status: 'parked', node: 'first' });
    expect(await statuses()).toEqual(['held paused']);
    await cairn.advance('10h');
    expect(await sent()).toEqual([]);
    await cairn.ok('approver', 'POST', '/v1/channels/push/resume', {});
    await cairn.local('POST', 'settle');
    expect(await sent()).toEqual(['2026-11-02T11:00:00.000Z']);
    expect(await run()).toMatchObject({ status: 'open', node: 'hour' });
    await cairn.advance('1h');
    expect(await sent()).toEqual(['2026-11-02T11:00:00.000Z', '2026-11-02T12:00:00.000Z']);
    expect(await run()).toMatchObject({ status: 'closed' });
  });

  it('goes on after `validFor`, and the message expires', async () => {
    await cairn.ok('approver', 'POST', '/v1/channels/push/pause', {});
    await cairn.track('ann', 'Signed Up');
    await cairn.advance('48h');
    expect(await run()).toMatchObject({ node: 'first', status: 'parked' });
    await cairn.advance('1s');
    expect(await run()).toMatchObject({ node: 'hour', status: 'open' });
    expect(await statuses()).toEqual(['suppressed expired']);
    await cairn.advance('2h');
    expect(await run()).toMatchObject({ node: 'second', status: 'parked' });
    await cairn.ok('approver', 'POST', '/v1/channels/push/resume', {});
    await cairn.advance('3h');
    expect(await sent()).toHaveLength(1);
    expect(await statuses()).toEqual(['sent', 'suppressed expired']);
    expect(await run()).toMatchObject({ status: 'closed' });
  });

  it('goes on as soon as the message is worth nothing any more, however short its time', async () => {
    await cairn.ok('admin', 'PUT', '/v1/settings', { validFor: { journey: '10m' } });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/brief', {
      name: 'Brief',
      entry: { event: 'Came Back' },
      start: 'notify',
      nodes: {
        notify: { type: 'send', template: 'tutorial', channels: ['push'], next: 'done' },
        done: { type: 'end' },
      },
    });
    await cairn.publish('brief');
    await cairn.ok('approver', 'POST', '/v1/channels/push/pause', {});
    await cairn.track('ann', 'Came Back');
    await cairn.advance('10m');
    expect(await statuses()).toEqual(['held paused']);
    await cairn.advance('1s');
    expect(await statuses()).toEqual(['suppressed expired']);
  });

  it('does not rest for what is transactional, and not where another channel is open', async () => {
    await cairn.ok('approver', 'POST', '/v1/channels/sms/pause', {});
    await cairn.track('ann', 'Signed Up');
    expect(await sent()).toHaveLength(1);
    expect(await run()).toMatchObject({ status: 'open', node: 'hour' });
  });
});
