import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { batch } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

const EVENT = 'Product Added';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const alerts = async (): Promise<Record<string, unknown>[]> =>
  (await cairn.ok<{ items: Record<string, unknown>[] }>('viewer', 'GET', '/v1/alerts')).items;

async function publish(id: string, event = EVENT): Promise<void> {
  await cairn.ok('marketer', 'PUT', `/v1/journeys/${id}`, {
    ...{ name: id, owner: 'growth', entry: { event }, reentry: 'always', start: 'wait' },
    nodes: { wait: { type: 'wait', for: '1h', next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish(id);
}

const come = (times: number): Promise<void> =>
  batch(
    cairn,
    Array.from({ length: times }, (_, at) => ({ type: 'track', userId: `customer-${at}`, event: EVENT })),
  );

async function comesDaily(days: number, times = 10): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    await come(times);
    await cairn.advance('24h');
  }
}

beforeEach(() => cairn.reset());

describe('the entry event of a published journey, which came ten times a day for a week', () => {
  it('raises an alert once, a day after it came last', async () => {
    await publish('cart');
    await comesDaily(6);
    await come(10);
    await cairn.advance('24h');
    expect(await alerts()).toEqual([]);
    await cairn.advance('1h');
    const raised = {
      ...{ kind: 'entry', scope: 'journey', scopeId: 'cart', metric: 'hours-without-event', value: 24, threshold: 24 },
      ...{ did: 'alerted', status: 'open' },
      detail: `entry event ${EVENT} of journey cart came regularly until 2026-11-08T02:00:00.000Z and has not come since: nobody enters`,
    };
    expect(await alerts()).toMatchObject([raised]);
    await cairn.advance('5d');
    expect(await alerts()).toHaveLength(1);
  });

  it('raises a new one if it stops again', async () => {
    await publish('cart');
    await comesDaily(7);
    await cairn.advance('3h');
    expect(await alerts()).toHaveLength(1);
    await comesDaily(7);
    expect(await alerts()).toHaveLength(1);
    await cairn.advance('2h');
    const [second, first] = await alerts();
    expect([second?.status, first?.status, second?.id === first?.id]).toEqual(['open', 'open', false]);
  });

  it('raises one for each journey that it starts, and is not paused; of that when it is resumed', async () => {
    for (const id of ['cart', 'basket', 'other', 'gone']) await publish(id, id === 'other' ? 'Never Sent' : EVENT);
    await comesDaily(7);
    await cairn.ok('marketer', 'POST', '/v1/journeys/basket/pause');
    await cairn.ok('marketer', 'POST', '/v1/journeys/gone/archive');
    await cairn.advance('2h');
    expect((await alerts()).map(({ scopeId }) => scopeId)).toEqual(['cart']);
    await cairn.ok('marketer', 'POST', '/v1/journeys/basket/resume');
    await cairn.advance('1d');
    expect((await alerts()).map(({ scopeId }) => scopeId)).toEqual(['basket', 'cart']);
  });
});

describe('no alert is raised', () => {
  it('for an event that comes nine times a day', async () => {
    await publish('cart');
    await comesDaily(8, 9);
    await cairn.advance('3d');
    expect(await alerts()).toEqual([]);
  });

  it('for one that is counted for no journey yet', async () => {
    await comesDaily(7);
    await publish('cart');
    await comesDaily(1);
    await cairn.advance('3d');
    expect(await alerts()).toEqual([]);
  });
});
