import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
const end = (outcome: string) => ({ type: 'end', outcome });
/** One journey for each kind of stop that rests until a date; all of them go on when the trial ends. */
const STOPS = {
  wait: { type: 'wait', until: { trait: 'trial.endsOn', onMissing: 'undated' }, next: 'over' },
  'wait-for': {
    type: 'wait-for',
    timeout: { trait: 'trial.endsOn', onMissing: 'undated' },
    for: [{ event: 'Bought', next: 'bought' }],
    onTimeout: 'over',
  },
  task: {
    type: 'task',
    queue: 'sales',
    title: 'Call',
    await: { timeout: { trait: 'trial.endsOn', onMissing: 'undated' }, outcomes: { won: 'bought' }, onTimeout: 'over' },
  },
};
const IDS = Object.keys(STOPS);

beforeAll(async () => {
  cairn = await acquireCairn();
  for (const [id, stop] of Object.entries(STOPS)) {
    await cairn.ok('marketer', 'PUT', `/v1/journeys/trial-${id}`, {
      name: id,
      entry: { event: 'Trial Started' },
      start: 'trial',
      nodes: {
        trial: stop,
        over: end('over'),
        undated: end('undated'),
        ...(id === 'wait' ? {} : { bought: end('bought') }),
      },
    });
    await cairn.publish(`trial-${id}`);
  }
});
afterAll(() => releaseCairn(cairn));

const hours = (from: string, count: number): string => new Date(Date.parse(from) + count * 3_600_000).toISOString();

/** State of this customer's run in each journey: its outcome, or its status. */
async function stands(profileId: string): Promise<(string | undefined)[]> {
  const runs = IDS.map(async (id) => {
    const { items } = await cairn.ok<{ items: { status: string; outcome?: string }[] }>(
      'marketer',
      'GET',
      `/v1/journeys/trial-${id}/runs?profileId=${profileId}`,
    );
    return items[0]?.outcome ?? items[0]?.status;
  });
  return Promise.all(runs);
}
const all = (state: string): string[] => IDS.map(() => state);

async function begin(profileId: string, endsIn: number): Promise<string> {
  const now = await cairn.now();
  await cairn.identify(profileId, { trial: { endsOn: hours(now, endsIn) } });
  await cairn.track(profileId, 'Trial Started');
  return now;
}

async function outcomes(id: string, events: object[]): Promise<{ outcome: string | undefined; rested: unknown[] }> {
  const at = '2026-12-01T10:00:00.000Z';
  const { outcome, timeline } = await cairn.ok<{ outcome?: string; timeline: { type: string; until?: string }[] }>(
    'marketer',
    'POST',
    `/v1/journeys/trial-${id}/simulate`,
    { profile: { traits: { trial: { endsOn: hours(at, 24) } } }, at, events, until: '3d' },
  );
  return { outcome, rested: timeline.flatMap(({ until }) => (until === undefined ? [] : [until])) };
}

describe('a run that rests until a date of the customer', () => {
  it('follows it when it is put off, and when it is brought forward', async () => {
    const began = await begin('ann', 24);
    await cairn.advance('20h');
    await cairn.identify('ann', { trial: { endsOn: hours(began, 48) } });
    await cairn.advanceTo(hours(began, 47));
    expect(await stands('ann')).toEqual(all('open'));
    await cairn.advanceTo(hours(began, 48));
    expect(await stands('ann')).toEqual(all('over'));

    const again = await begin('bob', 24);
    await cairn.advance('1h');
    await cairn.ok('marketer', 'PATCH', '/v1/profiles/bob', { traits: { trial: { endsOn: hours(again, 2) } } });
    await cairn.local('POST', 'settle');
    expect(await stands('bob')).toEqual(all('open'));
    await cairn.advanceTo(hours(again, 2));
    expect(await stands('bob')).toEqual(all('over'));
  });

  it('goes its way without one when it is taken away, and at once when it comes to lie in the past', async () => {
    const began = await begin('cid', 24);
    await cairn.advance('1h');
    await cairn.identify('cid', { trial: null });
    expect(await stands('cid')).toEqual(all('undated'));

    await begin('dan', 24);
    await cairn.identify('dan', { trial: { endsOn: hours(began, -24) } });
    // A time-out of Step Functions takes at least a second.
    await cairn.advance('1s');
    expect(await stands('dan')).toEqual(all('over'));
  });

  it('still hears what it waits for in the leg that follows', async () => {
    const began = await begin('eve', 24);
    await cairn.identify('eve', { trial: { endsOn: hours(began, 48) } });
    await cairn.advance('30h');
    await cairn.track('eve', 'Bought');
    expect((await stands('eve'))[1]).toBe('bought');
  });

  it.each(IDS)('simulate agrees: %s', async (id) => {
    const at = '2026-12-01T10:00:00.000Z';
    const moved = (count: number) => [{ after: '20h', traits: { trial: { endsOn: hours(at, count) } } }];
    expect(await outcomes(id, moved(48))).toEqual({ outcome: 'over', rested: [hours(at, 24), hours(at, 48)] });
    expect(await outcomes(id, moved(22))).toEqual({ outcome: 'over', rested: [hours(at, 24), hours(at, 22)] });
    expect(await outcomes(id, [{ after: '20h', traits: { trial: null } }])).toMatchObject({ outcome: 'undated' });
  });
});

describe('a run that rests until a local time', () => {
  const TEN = { time: '10:00' };
  const CLOCKS = {
    wait: { type: 'wait', until: TEN, next: 'ten' },
    'wait-for': { type: 'wait-for', timeout: TEN, for: [{ event: 'Bought', next: 'ten' }], onTimeout: 'ten' },
  };

  it.each(Object.entries(CLOCKS))('goes with the timezone of the customer: %s', async (id, clock) => {
    await cairn.ok('marketer', 'PUT', `/v1/journeys/ten-${id}`, {
      name: id,
      entry: { event: `Waits ${id}` },
      start: 'clock',
      nodes: { clock, ten: end('ten') },
    });
    await cairn.publish(`ten-${id}`);
    const ended = async (profileId: string) => {
      const { items } = await cairn.ok<{ items: { outcome?: string }[] }>(
        'marketer',
        'GET',
        `/v1/journeys/ten-${id}/runs?profileId=${profileId}`,
      );
      return items.map(({ outcome }) => outcome ?? 'open').join();
    };
    /** The next such time of UTC. */
    const next = async (time: string) => {
      const [now, today] = [await cairn.now(), `${(await cairn.now()).slice(0, 10)}T${time}:00.000Z`];
      return today > now ? today : hours(today, 24);
    };
    // 10:00 is 02:00 in Shanghai, 01:00 in Tokyo, 10:00 in Reykjavik.
    await cairn.advanceTo(await next('12:00'));
    const [west, east, stays] = [`west-${id}`, `east-${id}`, `stays-${id}`];
    for (const who of [west, east, stays]) {
      await cairn.identify(who, { timezone: 'Asia/Shanghai' });
      await cairn.track(who, `Waits ${id}`);
    }
    await cairn.identify(west, { timezone: 'Atlantic/Reykjavik' });
    await cairn.identify(east, { timezone: 'Asia/Tokyo' });
    await cairn.identify(stays, { city: 'Shanghai' });
    await cairn.advanceTo(await next('01:00'));
    await cairn.advance('1m');
    expect([await ended(west), await ended(east), await ended(stays)]).toEqual(['open', 'ten', 'open']);
    await cairn.advance('1h');
    expect([await ended(west), await ended(stays)]).toEqual(['open', 'ten']);
    // If the local time has passed already, the next one counts, not one that the customer's day never had.
    await cairn.advanceTo(await next('09:30'));
    await cairn.identify(west, { timezone: 'Asia/Shanghai' });
    await cairn.advance('1h');
    expect(await ended(west)).toBe('open');
    await cairn.advanceTo(await next('02:01'));
    expect(await ended(west)).toBe('ten');
  });
});
