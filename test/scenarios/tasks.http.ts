import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false } });
});

/** Creates a task for a note and goes on, then a task for a call and waits for it. */
const lead: Json = {
  name: 'Lead',
  entry: { event: 'Lead Came' },
  exit: [{ event: 'Deal Won', outcome: 'won' }],
  start: 'note',
  nodes: {
    note: { type: 'task', queue: 'desk', title: 'Note', next: 'call' },
    call: {
      type: 'task',
      queue: 'sales',
      title: 'Call',
      await: { timeout: '2d', outcomes: { reached: 'done' }, onTimeout: 'late' },
    },
    late: { type: 'wait', for: '5d', next: 'done' },
    done: { type: 'end', outcome: 'done' },
  },
};
const START = '2026-11-02T01:00:00.000Z';

async function comes(userId: string): Promise<void> {
  await cairn.ok('marketer', 'PUT', '/v1/journeys/lead', lead);
  await cairn.ok('marketer', 'POST', '/v1/journeys/lead/publish');
  await cairn.track(userId, 'Lead Came');
}
const tasks = async (filter = ''): Promise<Json[]> =>
  (await cairn.ok<{ items: Json[] }>('marketer', 'GET', `/v1/tasks${filter}`)).items;
const statuses = async () =>
  Object.fromEntries((await tasks()).map(({ title, status, reason }) => [title, [status, reason]]));

describe('a task', () => {
  it('that is not done in time is closed, and cannot be completed then', async () => {
    await comes('ann');
    expect(await statuses()).toEqual({ Note: ['open', undefined], Call: ['open', undefined] });
    await cairn.advance('49h');
    expect(await statuses()).toEqual({ Note: ['open', undefined], Call: ['closed', 'timeout'] });
    const [call, ...others] = await tasks('?status=closed');
    expect(others).toEqual([]);
    expect(call).toMatchObject({ title: 'Call', closedAt: '2026-11-04T01:00:00.000Z' });
    expect(await cairn.as('marketer', 'POST', `/v1/tasks/${call?.id}/complete`, { outcome: 'reached' })).toMatchObject({
      status: 409,
      body: { detail: 'It was closed before (timeout).' },
    });
    // Nobody waits for the note: it is still open when the run has ended.
    await cairn.advance('6d');
    expect(await statuses()).toEqual({ Note: ['open', undefined], Call: ['closed', 'timeout'] });
  });

  it('is closed when an exit takes its run, whether that waits for it or not', async () => {
    await comes('ann');
    await cairn.track('ann', 'Deal Won');
    await cairn.advance('1m');
    expect(await statuses()).toEqual({ Note: ['closed', 'exited'], Call: ['closed', 'exited'] });
    expect(await tasks('?status=open')).toEqual([]);
  });

  it('that is done stays done', async () => {
    await comes('ann');
    const call = (await tasks()).find(({ title }) => title === 'Call');
    await cairn.ok('marketer', 'POST', `/v1/tasks/${call?.id}/complete`, { outcome: 'reached' });
    await cairn.local('POST', 'settle');
    expect(await statuses()).toEqual({ Note: ['open', undefined], Call: ['done', undefined] });
  });

  it.each([
    ['rests', false],
    ['is parked by a pause', true],
  ])('is closed when its journey is archived, while its run %s', async (_how, isPaused) => {
    await comes('ann');
    if (isPaused) {
      await cairn.ok('marketer', 'POST', '/v1/journeys/lead/pause');
      await cairn.advance('3d');
    }
    await cairn.ok('marketer', 'POST', '/v1/journeys/lead/archive');
    await cairn.advance('1m');
    expect(await statuses()).toEqual({ Note: ['closed', 'archived'], Call: ['closed', 'archived'] });
  });

  it('is simulated as closed too', async () => {
    await comes('ann');
    const { timeline } = await cairn.ok<{ timeline: Json[] }>('marketer', 'POST', '/v1/journeys/lead/simulate', {
      profile: {},
      at: START,
      events: [
        { after: '3d', task: 'call', outcome: 'reached' },
        { after: '4d', event: 'Deal Won' },
      ],
      until: '5d',
    });
    expect(timeline.filter(({ type }) => type === 'task-closed' || type === 'done')).toEqual([
      { at: '2026-11-04T01:00:00.000Z', type: 'task-closed', run: 1, node: 'call', reason: 'timeout' },
      {
        at: '2026-11-05T01:00:00.000Z',
        type: 'done',
        run: 1,
        node: 'call',
        outcome: 'reached',
        ignored: 'closed before',
      },
      { at: '2026-11-06T01:00:10.000Z', type: 'task-closed', run: 1, node: 'note', reason: 'exited' },
    ]);
  });
});
