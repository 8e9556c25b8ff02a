import { describe, expect, it } from 'vitest';
import { cairn, type Json, journeyOf, publish, runsOf, setUpJourneys } from './journeys-harness.ts';

setUpJourneys();

const send = (next: string) => ({ type: 'send', template: 'hello', channels: ['sms'], next });
const first = {
  rest: { type: 'wait', for: '2d', next: 'hello' },
  hello: send('reply'),
  reply: { type: 'wait-for', timeout: '2d', for: [{ event: 'Replied', next: 'done' }], onTimeout: 'done' },
};
const second = {
  rest: { type: 'wait', for: '4d', next: 'hello' },
  hello: send('answer'),
  answer: {
    type: 'wait-for',
    timeout: '5d',
    for: [{ event: 'Submitted', as: 'submitted', next: 'thanks' }],
    onTimeout: 'done',
  },
  thanks: { type: 'update', addTags: ['met'], next: 'done' },
};
const exit = [{ event: 'Dropped Out', outcome: 'dropped' }];
const v1 = journeyOf({ event: 'Enrolled' }, first);
const v2 = journeyOf({ event: 'Enrolled' }, second, { exit });

async function enters(id: string): Promise<void> {
  const consent = { categoryPreferences: { sms: true } };
  await cairn.identify(id, { phone: '+8613900139000' }, { context: { consent } });
  await cairn.track(id, 'Enrolled');
}
const migrate = (body: Json, role: 'marketer' | 'viewer' = 'marketer') =>
  cairn.as(role, 'POST', '/v1/journeys/course/migrate', body);
const nodesOf = async (): Promise<Record<string, number>> => {
  const report = await cairn.ok<{ nodes: { id: string; waiting: number }[] }>(
    'viewer',
    'GET',
    '/v1/reports/journey/course',
  );
  return Object.fromEntries(report.nodes.filter(({ waiting }) => waiting > 0).map(({ id, waiting }) => [id, waiting]));
};

describe('runs that rest are moved to the live version', () => {
  it('with a preview, by a job, keeping what they have done', async () => {
    await publish('course', v1);
    await enters('ann');
    await cairn.advance('3d');
    await enters('bob');
    await publish('course', v2);
    const asked = { from: 1, to: 2, map: { reply: 'answer' } };

    const preview = await migrate({ ...asked, dryRun: true });
    expect(preview.body).toEqual({ runs: 2, movable: { rest: 1, reply: 1 }, stays: {}, complete: true });
    expect((await migrate({ from: 1, to: 2, dryRun: true })).body).toMatchObject({
      movable: { rest: 1 },
      stays: { unmapped: 1 },
    });
    expect(await runsOf('course', 'ann')).toMatchObject([{ version: 1 }]);

    const answer = await migrate(asked);
    expect(answer.status).toBe(202);
    const { job } = answer.body as { job: string };
    await cairn.advance('1m');
    expect(await cairn.ok('viewer', 'GET', `/v1/jobs/${job}`)).toMatchObject({
      kind: 'migrate',
      status: 'done',
      done: 2,
      total: 2,
    });
    expect(await runsOf('course', 'ann')).toMatchObject([{ version: 2, node: 'answer', status: 'open' }]);
    expect(await runsOf('course', 'bob')).toMatchObject([{ version: 2, node: 'rest', status: 'open' }]);
    expect(await nodesOf()).toEqual({ rest: 1, answer: 1 });
    const { items } = await cairn.ok<{ items: Json[] }>('admin', 'GET', '/v1/audit');
    expect(items.filter(({ action }) => String(action).startsWith('migrate')).map(({ action }) => action)).toEqual([
      'migrate',
      'migrate (dry run)',
      'migrate (dry run)',
    ]);

    // Events of the new version end and resolve them, and its deadline counts from when they came.
    await cairn.track('bob', 'Dropped Out');
    expect(await runsOf('course', 'bob')).toMatchObject([{ status: 'closed', outcome: 'dropped' }]);
    await cairn.advance('3d');
    expect(await runsOf('course', 'ann')).toMatchObject([{ status: 'open' }]);
    await cairn.track('ann', 'Submitted');
    expect(await runsOf('course', 'ann')).toMatchObject([{ version: 2, status: 'closed', outcome: 'done' }]);
    expect(await nodesOf()).toEqual({});
    // The message was sent once, by the old version.
    expect(await cairn.outbox()).toHaveLength(1);
    const messages = await cairn.ok<{ items: Json[] }>('viewer', 'GET', '/v1/messages?profileId=ann');
    expect(messages.items).toMatchObject([{ status: 'sent' }]);
  });

  it('so that a later deadline of the new version holds, once', async () => {
    await publish('course', v1);
    await enters('ann');
    await cairn.advance('1d');
    await publish('course', v2);
    await migrate({ from: 1, to: 2 });
    await cairn.advance('2d');
    expect(await cairn.outbox()).toHaveLength(0);
    await cairn.advance('2d');
    expect(await cairn.outbox()).toHaveLength(1);
  });

  it('unless the call is wrong: each fault has its place', async () => {
    await publish('course', v1);
    expect((await migrate({ from: 1, to: 2 })).status).toBe(422);
    await publish('course', v2);
    await publish('course', journeyOf({ event: 'Enrolled' }, second, { exit, name: 'Third' }));
    const placesOf = async (body: Json) => {
      const answer = await migrate(body);
      expect(answer.status).toBe(422);
      return (answer.body as { errors: { path: string }[] }).errors.map(({ path }) => path);
    };
    expect(await placesOf({ from: 1, to: 2 })).toEqual(['/to']);
    expect(await placesOf({ from: 3, to: 3 })).toEqual(['/from']);
    expect(await placesOf({ from: 1, to: 3, map: { rest: 'thanks', nowhere: 'rest' } })).toEqual([
      '/map/rest',
      '/map/nowhere',
    ]);
    expect(await placesOf({ from: 1, to: 3, maps: {} })).toEqual(['/maps']);
    expect((await migrate({ from: 1, to: 3 }, 'viewer')).status).toBe(403);
  });
});
