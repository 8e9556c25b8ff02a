import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

describe('rests beyond what an execution may last', () => {
  it('go on in another leg: 400 days of waiting, then a wait-for of 390 that an event resolves', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/journeys/long', {
      name: 'Long',
      entry: { event: 'Signed Up' },
      start: 'wait',
      nodes: {
        wait: { type: 'wait', for: '400d', next: 'look' },
        look: {
          type: 'wait-for',
          timeout: '390d',
          for: [{ event: 'Logged In', next: 'came' }],
          onTimeout: 'stayed-away',
        },
        came: { type: 'end', outcome: 'came' },
        'stayed-away': { type: 'end', outcome: 'stayed-away' },
      },
    });
    await cairn.publish('long');
    await cairn.track('ann', 'Signed Up');
    await cairn.track('bob', 'Signed Up');
    const run = async (id: string) =>
      (await cairn.ok<{ items: object[] }>('viewer', 'GET', `/v1/journeys/long/runs?profileId=${id}`)).items[0];
    await cairn.advance('399d');
    expect(await run('ann')).toMatchObject({ status: 'open', node: 'wait' });
    await cairn.advance('1d');
    expect(await run('ann')).toMatchObject({ status: 'open', node: 'look' });
    await cairn.advance('350d');
    await cairn.track('ann', 'Logged In');
    expect(await run('ann')).toMatchObject({ status: 'closed', outcome: 'came' });
    await cairn.advance('39d');
    expect(await run('bob')).toMatchObject({ status: 'open', node: 'look' });
    await cairn.advance('1d');
    expect(await run('bob')).toMatchObject({ status: 'closed', outcome: 'stayed-away' });
  });
});
