import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { meet, publishExample, runsOf, sentTo, tasksOf, textsTo } from './example-journeys.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));
beforeEach(() => cairn.reset());

describe('examples that follow a date of the customer', { timeout: 90_000 }, () => {
  it('trial-expiry: warns three days before the end, and a day after it', async () => {
    await publishExample(cairn, 'trial-expiry');
    await meet(cairn, 'ann', { trialEndsOn: '2026-11-16' });
    await meet(cairn, 'bob', { trialEndsOn: '2026-11-16' });
    await meet(cairn, 'cid');
    await meet(cairn, 'dan', { trialEndsOn: '2026-11-03', email: 'dan@example.com' });
    for (const customer of ['ann', 'bob', 'cid', 'dan']) await cairn.track(customer, 'Trial Started');
    expect(await runsOf(cairn, 'trial-expiry', 'cid')).toEqual(['undated']);
    expect(await tasksOf(cairn, 'cid')).toMatchObject([{ title: 'When does the trial of cid end?' }]);
    // Three days before is past: warned at once.
    expect(await sentTo(cairn, 'dan')).toEqual(['2026-11-02T01:00:00.000Z trial-ending']);
    await cairn.advance('5d');
    await cairn.track('bob', 'Subscription Started');
    await cairn.advance('20d');
    expect(await sentTo(cairn, 'ann')).toEqual([
      '2026-11-13T02:00:00.000Z trial-ending',
      '2026-11-17T02:00:00.000Z trial-over',
    ]);
    expect((await textsTo(cairn, 'ann'))[0]).toContain('Your trial ends on 2026-11-16');
    expect(await sentTo(cairn, 'bob')).toEqual([]);
    expect(await sentTo(cairn, 'dan')).toEqual([
      '2026-11-02T01:00:00.000Z trial-ending',
      '2026-11-04T02:00:00.000Z trial-over',
    ]);
    expect(await runsOf(cairn, 'trial-expiry', 'ann')).toEqual(['lapsed']);
    expect(await runsOf(cairn, 'trial-expiry', 'bob')).toEqual(['subscribed']);
  });

  it('webinar: reminds at 18:00 of the day before and an hour before, and sends the recording to who missed it', async () => {
    await publishExample(cairn, 'webinar');
    const booked = { webinar_id: 'w1', title: 'Cairn live' };
    for (const customer of ['ann', 'bob', 'cid']) {
      await meet(cairn, customer, { webinar: { startsAt: '2026-11-05T06:30:00.000Z' } });
      await cairn.track(customer, 'Webinar Booked', booked);
    }
    await meet(cairn, 'dan', { webinar: { startsAt: 'soon' } });
    await cairn.track('dan', 'Webinar Booked', booked);
    expect(await runsOf(cairn, 'webinar', 'dan')).toEqual(['undated']);
    await cairn.advance('1d');
    await cairn.track('cid', 'Webinar Cancelled', booked);
    await cairn.advanceTo('2026-11-05T07:00:00.000Z');
    await cairn.track('bob', 'Webinar Attended', booked);
    await cairn.advance('1d');
    const reminders = ['2026-11-04T10:00:00.000Z webinar-tomorrow', '2026-11-05T05:30:00.000Z webinar-soon'];
    expect(await sentTo(cairn, 'ann')).toEqual([...reminders, '2026-11-05T09:30:00.000Z webinar-recording']);
    expect((await textsTo(cairn, 'ann'))[0]).toBe('Tomorrow: Cairn live, 14:30');
    expect(await sentTo(cairn, 'bob')).toEqual(reminders);
    expect(await sentTo(cairn, 'cid')).toEqual([]);
    expect(await runsOf(cairn, 'webinar', 'ann')).toEqual(['missed']);
    expect(await runsOf(cairn, 'webinar', 'bob')).toEqual(['attended']);
    expect(await runsOf(cairn, 'webinar', 'cid')).toEqual(['cancelled']);
    expect(await cairn.ok('viewer', 'GET', '/v1/reports/journey/webinar')).toMatchObject({
      entered: 4,
      goal: { reached: 1, target: 0.4 },
    });
  });

  it('renewal: reminds 30, 7 and 1 days before, once for each date', async () => {
    await publishExample(cairn, 'renewal');
    await meet(cairn, 'ann', { renewsOn: '2026-12-15', name: 'Ann' });
    await meet(cairn, 'bob', { renewsOn: '2026-12-15' });
    await meet(cairn, 'cid', { renewsOn: '2026-11-20' });
    await cairn.advanceTo('2026-12-01T01:00:00.000Z');
    await cairn.track('bob', 'Subscription Renewed');
    await cairn.identify('bob', { renewsOn: '2027-01-15' });
    await cairn.advanceTo('2026-12-20T01:00:00.000Z');
    expect(await sentTo(cairn, 'ann')).toEqual([
      '2026-11-15T01:00:00.000Z renewal-month',
      '2026-12-08T01:00:00.000Z renewal-week',
      '2026-12-14T01:00:00.000Z renewal-day',
    ]);
    expect(await tasksOf(cairn, 'ann')).toMatchObject([{ queue: 'renewals', title: 'Ann renews tomorrow' }]);
    expect(await runsOf(cairn, 'renewal', 'ann')).toEqual(['reminded']);
    expect(await sentTo(cairn, 'bob')).toEqual([
      '2026-11-15T01:00:00.000Z renewal-month',
      '2026-12-16T01:00:00.000Z renewal-month',
    ]);
    expect(await runsOf(cairn, 'renewal', 'bob')).toEqual(['renewed', 'at week-before']);
    // It was past already.
    expect(await runsOf(cairn, 'renewal', 'cid')).toEqual([]);
  });

  it('membership: messages who comes up, and who stays down for three days', async () => {
    await publishExample(cairn, 'membership-up');
    await publishExample(cairn, 'membership-down');
    for (const customer of ['ann', 'bob']) {
      await meet(cairn, customer);
      await cairn.track(customer, 'Order Completed', { total: 5000 });
    }
    await cairn.advance('1d');
    const up = ['2026-11-02T01:00:00.000Z gold-welcome', '2026-11-02T02:00:00.000Z gold-benefits'];
    expect(await sentTo(cairn, 'ann')).toEqual(up);
    expect(await runsOf(cairn, 'membership-up', 'ann')).toEqual(['gold']);
    // The order leaves the 90 days at this very second.
    await cairn.advanceTo('2027-01-31T01:00:00.000Z');
    expect(await runsOf(cairn, 'membership-down', 'bob')).toEqual(['at grace']);
    await cairn.advance('1d');
    await cairn.track('bob', 'Order Completed', { total: 6000 });
    await cairn.advance('4d');
    await cairn.track('ann', 'Order Completed', { total: 100 });
    expect(await sentTo(cairn, 'ann')).toEqual([...up, '2027-02-03T01:00:00.000Z gold-lost']);
    expect(await runsOf(cairn, 'membership-down', 'ann')).toEqual(['bought again']);
    expect(await runsOf(cairn, 'membership-down', 'bob')).toEqual(['up again']);
    // 1 February 2027 is a Monday, 09:00 in Shanghai.
    expect(await sentTo(cairn, 'bob')).toEqual([
      ...up,
      '2027-02-01T01:00:00.000Z gold-welcome',
      '2027-02-01T02:00:00.000Z gold-benefits',
    ]);
  });
});
