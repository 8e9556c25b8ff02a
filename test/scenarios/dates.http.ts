import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const runOf = async (journey: string, profileId: string) =>
  (
    await cairn.ok<{ items: { outcome?: string; warnings?: object[] }[] }>(
      'marketer',
      'GET',
      `/v1/journeys/${journey}/runs?profileId=${profileId}`,
    )
  ).items[0];

describe('a wait until a date that the run or the customer holds', () => {
  it('ends an hour before an instant of the entry, to the second', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/journeys/webinar', {
      name: 'Webinar',
      entry: { event: 'Webinar Booked' },
      start: 'soon',
      nodes: {
        soon: { type: 'wait', until: { data: 'startsAt', offset: '-1h', onMissing: 'undated' }, next: 'reminded' },
        reminded: { type: 'end', outcome: 'reminded' },
        undated: { type: 'end', outcome: 'undated' },
      },
    });
    await cairn.publish('webinar');
    await cairn.track('ann', 'Webinar Booked', { startsAt: '2026-11-03T06:30:20.000Z' });
    await cairn.track('bob', 'Webinar Booked', { startsAt: 'next week' });
    expect(await runOf('webinar', 'bob')).toMatchObject({
      outcome: 'undated',
      warnings: [{ node: 'soon', message: 'startsAt is missing, or no date' }],
    });
    await cairn.advanceTo('2026-11-03T05:30:19.000Z');
    expect(await runOf('webinar', 'ann')).toMatchObject({ status: 'open', node: 'soon' });
    await cairn.advanceTo('2026-11-03T05:30:20.000Z');
    expect(await runOf('webinar', 'ann')).toMatchObject({ status: 'closed', outcome: 'reminded' });
  });

  it('goes on at once where it is missing and no way is given, and says so', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/journeys/trial', {
      name: 'Trial',
      entry: { event: 'Trial Started' },
      start: 'end-of-trial',
      nodes: {
        'end-of-trial': { type: 'wait', until: { trait: 'trial.endsOn', time: '09:00' }, next: 'over' },
        over: { type: 'end', outcome: 'over' },
      },
    });
    await cairn.publish('trial');
    await cairn.track('cid', 'Trial Started');
    expect(await runOf('trial', 'cid')).toMatchObject({
      outcome: 'over',
      warnings: [{ node: 'end-of-trial', message: 'the trait trial.endsOn is missing, or no date' }],
    });
  });
});
