import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const alerts = async (): Promise<object[]> =>
  (await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/alerts')).items;

async function publish(calendar: string): Promise<void> {
  await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
    class: 'marketing',
    content: { push: { title: 'News', body: 'Something new' } },
  });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/news', {
    ...{ name: 'News', owner: 'growth', entry: { event: 'News' }, reentry: 'always', start: 'notify' },
    window: { hours: [['10:00', '12:00']], calendar },
    nodes: { notify: { type: 'send', template: 'news', next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('news');
}

/** It is 09:00 of 2 November 2026 in Shanghai: 2027 begins in 60 days. */
beforeEach(async () => {
  await cairn.reset();
  const consent = { categoryPreferences: { push: true } };
  await cairn.identify('ann', {}, { context: { consent, device: { type: 'ios', token: 'phone' } } });
});

describe('a calendar without a date of the coming year', () => {
  it('raises an alert once, 60 days before, if a published journey names it', async () => {
    await publish('cn');
    await cairn.track('ann', 'News');
    await cairn.advance('1h');
    const raised = {
      ...{ kind: 'calendar', scope: 'calendar', scopeId: 'cn', metric: 'days-left', value: 60, threshold: 60 },
      ...{ did: 'alerted', status: 'open' },
    };
    expect(await alerts()).toMatchObject([raised]);
    await cairn.advance('3h');
    await cairn.track('ann', 'News');
    await cairn.advance('1d');
    expect(await alerts()).toMatchObject([raised]);
  });

  it('raises none if it has one', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/calendars/shop', { holidays: ['2026-12-25', '2027-12-25'] });
    await publish('shop');
    await cairn.track('ann', 'News');
    await cairn.advance('1h');
    expect(await cairn.outbox()).toHaveLength(1);
    expect(await alerts()).toEqual([]);
  });
});
