import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { complete, meet, publishExample, runsOf, sentTo, tasksOf, textsTo } from './example-journeys.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));
beforeEach(() => cairn.reset());

const tagsOf = async (profileId: string): Promise<string[]> =>
  (await cairn.ok<{ tags: { id: string }[] }>('marketer', 'GET', `/v1/profiles/${profileId}`)).tags.map(({ id }) => id);
const traitsOf = async (profileId: string): Promise<Record<string, unknown>> =>
  (await cairn.ok<{ traits: Record<string, unknown> }>('marketer', 'GET', `/v1/profiles/${profileId}`)).traits;

describe('examples that wait for an answer', { timeout: 90_000 }, () => {
  it('lead-hand-off: hands a lead to a consultant, then to the lead of sales, then writes', async () => {
    await publishExample(cairn, 'lead-hand-off');
    for (const tag of ['lead-won', 'lead-lost']) await cairn.install('tags', tag);
    for (const customer of ['ann', 'bob', 'cid', 'dan'])
      await meet(cairn, customer, { name: customer, budget: 200_000, decisionMonths: 2 });
    expect(await tasksOf(cairn, 'ann')).toMatchObject([{ queue: 'consultants', title: 'Call ann: budget 200000' }]);
    await complete(cairn, 'ann', 'won');
    await complete(cairn, 'cid', 'not reached');
    await cairn.advance('1d');
    await cairn.identify('dan', { budget: 50_000 });
    await cairn.advance('1d');
    expect((await tasksOf(cairn, 'bob')).map(({ queue }) => queue).sort()).toEqual(['consultants', 'sales-leads']);
    await cairn.advance('2d');
    await cairn.track('bob', 'Meeting Booked', { on: '2026-11-20' });
    await cairn.advance('10d');
    expect(await runsOf(cairn, 'lead-hand-off', 'ann')).toEqual(['won']);
    expect(await tagsOf('ann')).toEqual(expect.arrayContaining(['lead-won']));
    expect(await sentTo(cairn, 'bob')).toEqual(['2026-11-05T01:00:00.000Z lead-write']);
    expect(await runsOf(cairn, 'lead-hand-off', 'bob')).toEqual(['meeting']);
    expect(await traitsOf('bob')).toMatchObject({ nextMeeting: '2026-11-20' });
    expect(await sentTo(cairn, 'cid')).toEqual(['2026-11-02T01:00:00.000Z lead-write']);
    expect(await runsOf(cairn, 'lead-hand-off', 'cid')).toEqual(['lost']);
    expect(await tagsOf('cid')).toEqual(expect.arrayContaining(['lead-lost']));
    expect(await runsOf(cairn, 'lead-hand-off', 'dan')).toEqual(['no longer qualified']);
    expect(await sentTo(cairn, 'dan')).toEqual([]);
  });

  it('nps: asks three days after the delivery, and goes on by the score', async () => {
    await publishExample(cairn, 'nps');
    const customers = ['ann', 'bob', 'cid', 'dan'];
    for (const customer of customers) {
      await meet(cairn, customer, { name: customer });
      await cairn.track(customer, 'Order Delivered', { order_id: `${customer}-1` });
    }
    // Two of one parcel.
    await cairn.track('dan', 'Order Delivered', { order_id: 'dan-2' });
    await cairn.advance('4d');
    for (const customer of customers)
      expect(await sentTo(cairn, customer)).toEqual(['2026-11-05T01:00:00.000Z nps-survey']);
    // Asked a day ago.
    await cairn.track('ann', 'Order Delivered', { order_id: 'ann-2' });
    const answer = (customer: string, score: number, more: object = {}) =>
      cairn.track(customer, 'NPS Answered', { order_id: `${customer}-1`, score, ...more });
    await answer('ann', 10);
    await answer('bob', 3, { comment: 'late' });
    await answer('cid', 7);
    await cairn.advance('10d');
    expect((await sentTo(cairn, 'ann')).slice(1)).toEqual(['2026-11-06T01:00:00.000Z nps-thanks']);
    expect(await runsOf(cairn, 'nps', 'ann')).toEqual(['promoter']);
    expect(await tasksOf(cairn, 'bob')).toMatchObject([{ queue: 'customer-service', title: 'bob gives 3: late' }]);
    expect(await traitsOf('bob')).toMatchObject({ npsScore: 3 });
    expect(await runsOf(cairn, 'nps', 'bob')).toEqual(['detractor']);
    expect(await runsOf(cairn, 'nps', 'cid')).toEqual(['passive']);
    expect(await runsOf(cairn, 'nps', 'dan')).toEqual(['no answer', 'no answer']);
    expect(await sentTo(cairn, 'dan')).toHaveLength(1);
  });

  it('back-in-stock: messages who asked for that product, and once more where few are left', async () => {
    await publishExample(cairn, 'back-in-stock');
    for (const customer of ['ann', 'bob', 'cid', 'dan']) {
      await meet(cairn, customer);
      await cairn.track(customer, 'Back In Stock Requested', { sku: 'k1', name: 'Kettle' });
    }
    await cairn.track('ann', 'Back In Stock Requested', { sku: 'k2', name: 'Teapot' });
    await cairn.advance('5d');
    await cairn.track('cid', 'Order Completed', { sku: 'k1' });
    await cairn.track('dan', 'Product Restocked', { sku: 'k9', left: 5 });
    for (const customer of ['ann', 'cid']) await cairn.track(customer, 'Product Restocked', { sku: 'k1', left: 2 });
    await cairn.track('bob', 'Product Restocked', { sku: 'k1', left: 50 });
    await cairn.advance('2d');
    expect(await sentTo(cairn, 'ann')).toEqual([
      '2026-11-07T01:00:00.000Z back-in-stock',
      '2026-11-08T01:00:00.000Z back-in-stock-few',
    ]);
    expect((await textsTo(cairn, 'ann'))[1]).toContain('Only 2 left');
    expect(await sentTo(cairn, 'bob')).toEqual(['2026-11-07T01:00:00.000Z back-in-stock']);
    expect(await sentTo(cairn, 'cid')).toEqual([]);
    expect(await runsOf(cairn, 'back-in-stock', 'cid')).toEqual(['ordered']);
    expect((await runsOf(cairn, 'back-in-stock', 'ann')).sort()).toEqual(['at stock', 'notified']);
    await cairn.advanceTo('2027-01-01T01:00:00.000Z');
    expect(await runsOf(cairn, 'back-in-stock', 'dan')).toEqual(['never came back']);
    expect(await sentTo(cairn, 'dan')).toEqual([]);
  });

  it('refund: confirms, chases what is late, and says sorry to who does not order again', async () => {
    await publishExample(cairn, 'refund');
    for (const customer of ['ann', 'bob', 'cid', 'dan']) {
      await meet(cairn, customer);
      await cairn.track(customer, 'Refund Requested', { order_id: `${customer}-1`, amount: 120 });
    }
    await cairn.advance('1d');
    await cairn.track('cid', 'Refund Rejected', { order_id: 'cid-1' });
    await cairn.advance('1d');
    await cairn.track('ann', 'Refund Paid', { order_id: 'another', amount: 5 });
    await cairn.track('ann', 'Refund Paid', { order_id: 'ann-1', amount: 118 });
    await cairn.advance('4d');
    expect(await tasksOf(cairn, 'bob')).toMatchObject([
      { queue: 'finance', title: 'The refund of order bob-1 is late', status: 'open' },
    ]);
    await complete(cairn, 'bob', 'paid');
    await cairn.advance('2d');
    await cairn.track('bob', 'Order Completed');
    await cairn.advance('10d');
    expect(await sentTo(cairn, 'ann')).toEqual([
      '2026-11-02T01:00:00.000Z refund-received',
      '2026-11-04T01:00:00.000Z refund-paid',
      '2026-11-11T01:00:00.000Z refund-sorry',
    ]);
    expect((await textsTo(cairn, 'ann'))[1]).toBe('Your refund of 118 is on its way.');
    expect(await sentTo(cairn, 'bob')).toEqual([
      '2026-11-02T01:00:00.000Z refund-received',
      '2026-11-08T01:00:00.000Z refund-paid',
    ]);
    expect((await textsTo(cairn, 'bob'))[1]).toBe('Your refund of 120 is on its way.');
    expect(await runsOf(cairn, 'refund', 'ann')).toEqual(['refunded']);
    expect(await runsOf(cairn, 'refund', 'bob')).toEqual(['refunded']);
    expect(await tasksOf(cairn, 'cid')).toMatchObject([{ title: 'Tell cid why order cid-1 is not refunded' }]);
    expect(await runsOf(cairn, 'refund', 'cid')).toEqual(['rejected']);
    expect(await runsOf(cairn, 'refund', 'dan')).toEqual(['late']);
  });
});
