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
  await cairn.advanceTo('2027-02-01T01:00:00.000Z');
  await cairn.install('coupon-pools', 'birthday');
  await cairn.ok('marketer', 'POST', '/v1/coupon-pools/birthday/codes', { codes: ['B-1', 'B-2', 'B-3', 'B-4', 'B-5'] });
  for (const template of ['birthday-gift', 'birthday-reminder']) await cairn.install('templates', template);
  await cairn.install('journeys', 'birthday');
});

const CONSENT = { consent: { categoryPreferences: { push: true, sms: true } } };
const meet = (userId: string, birthday: string, more: object = {}) =>
  cairn.identify(userId, { phone: '+8613900139000', birthday }, { context: { ...CONSENT, ...more } });
const seen = async (profileId: string) =>
  (await cairn.outbox({ profileId })).map(({ at, template }) => `${at} ${template}`);

describe('S5, the birthday', () => {
  it('brings a gift 7 days before and a reminder 3 days before, every year', async () => {
    await cairn.publish('birthday');
    await meet('ann', '1990-03-10');
    await cairn.advanceTo('2028-04-01T00:00:00.000Z');
    expect(await seen('ann')).toEqual([
      '2027-03-03T01:00:00.000Z birthday-gift',
      '2027-03-07T01:00:00.000Z birthday-reminder',
      '2028-03-03T01:00:00.000Z birthday-gift',
      '2028-03-07T01:00:00.000Z birthday-reminder',
    ]);
  });

  it('reaches who was there before the journey was', async () => {
    await meet('ann', '1990-03-10');
    await cairn.publish('birthday');
    await cairn.advanceTo('2027-03-04T00:00:00.000Z');
    expect(await seen('ann')).toEqual(['2027-03-03T01:00:00.000Z birthday-gift']);
  });

  it('of 29 February is the 28th in a year without one, by the customer’s own clock', async () => {
    await cairn.publish('birthday');
    await meet('ann', '2000-02-29', { timezone: 'Europe/Berlin' });
    await cairn.advanceTo('2027-03-02T00:00:00.000Z');
    expect(await seen('ann')).toEqual([
      '2027-02-21T08:00:00.000Z birthday-gift',
      '2027-02-25T08:00:00.000Z birthday-reminder',
    ]);
  });

  it('changed meanwhile counts as it then is: once a year, and what has passed is past', async () => {
    await cairn.publish('birthday');
    await meet('ann', '1990-03-10');
    await meet('bob', '1990-06-10');
    await meet('cid', '1990-08-20');
    await cairn.advanceTo('2027-03-04T01:00:00.000Z');
    // Ann has entered this year already, and her run's wait follows the date; Bob's new date has passed; Cid's is honoured.
    await meet('ann', '1990-05-10');
    await meet('bob', '1990-03-05');
    await meet('cid', '1990-03-20');
    await cairn.advanceTo('2027-12-31T00:00:00.000Z');
    expect(await seen('ann')).toEqual([
      '2027-03-03T01:00:00.000Z birthday-gift',
      '2027-05-07T01:00:00.000Z birthday-reminder',
    ]);
    expect(await seen('bob')).toEqual([]);
    expect(await seen('cid')).toEqual([
      '2027-03-13T01:00:00.000Z birthday-gift',
      '2027-03-17T01:00:00.000Z birthday-reminder',
    ]);
  });
});
