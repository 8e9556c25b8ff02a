import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const NOW = Date.parse('2026-11-02T01:00:00.000Z');
const RETRIES_EXHAUSTED = 'retries exhausted';
const QUEUES = [
  'alarms',
  'campaigns',
  'due',
  'enrolments',
  'events',
  'feedback',
  'guardrails',
  'jobs',
  'metric-events',
  'report-mails',
  ...['email', 'push', 'sms', 'webhook'].flatMap((channel) => [`send-${channel}-bulk`, `send-${channel}-now`]),
  'stop-executions',
  'webhooks',
];

interface Summary {
  queue: string;
  count: number;
  sampled: number;
  oldestAt?: string;
  causes: Record<string, number>;
}
const list = async (): Promise<Summary[]> =>
  (await cairn.ok<{ items: Summary[] }>('admin', 'GET', '/v1/dead-letters')).items;
const lying = async (queue: string): Promise<Summary> => {
  const found = (await list()).find((one) => one.queue === queue);
  if (found === undefined) throw new Error(`there is no queue ${queue}`);
  return found;
};
const put = (queue: string, body: unknown, group?: string) =>
  cairn.local('POST', 'enqueue', { queue, body: typeof body === 'string' ? body : JSON.stringify(body), group });

/** Redrives these queues, and returns how many messages each job has sent. */
async function redrive(...queues: string[]): Promise<number[]> {
  const jobs: string[] = [];
  for (const queue of queues) {
    const answer = await cairn.as('admin', 'POST', `/v1/dead-letters/${queue}/redrive`, {});
    expect(answer.status).toBe(202);
    jobs.push(String(answer.body.job));
  }
  await cairn.local('POST', 'settle');
  const sent: number[] = [];
  for (const id of jobs) {
    const job = await cairn.ok<{ done: number }>('viewer', 'GET', `/v1/jobs/${id}`);
    expect(job).toMatchObject({ kind: 'redrive', status: 'done' });
    sent.push(job.done);
  }
  return sent;
}

const event = (id: string, name = 'Hello') => ({
  id,
  type: 'track',
  name,
  at: NOW,
  receivedAt: NOW,
  index: 0,
  key: 'server',
});
const said = (userId: string, id: string) => ({ profile: profileKeyOfUser(userId), events: [event(id)] });
const greeted = async () => (await cairn.outbox()).map(({ profileId }) => profileId).sort();

beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('marketer', 'PUT', '/v1/templates/hello', {
    class: 'transactional',
    content: { push: { title: 'Hello', body: 'there' } },
  });
  await cairn.ok('marketer', 'PUT', '/v1/journeys/hello', {
    name: 'Hello',
    owner: 'growth',
    entry: { event: 'Hello' },
    reentry: 'always',
    start: 'notify',
    nodes: { notify: { type: 'send', template: 'hello', channels: ['push'], next: 'done' }, done: { type: 'end' } },
  });
  await cairn.publish('hello');
  for (const userId of ['ann', 'bob'])
    await cairn.identify(userId, {}, { context: { device: { type: 'ios', token: `token-${userId}` } } });
});

describe('dead letters', () => {
  it('of every queue are listed with their causes, and what fails again after a redrive comes back, once', async () => {
    expect(await list()).toEqual(QUEUES.map((queue) => ({ queue, count: 0, sampled: 0, causes: {} })));
    for (const queue of QUEUES) await put(queue, 'not { json', 'somebody');
    await cairn.local('POST', 'settle');
    const oldestAt = await cairn.now();
    const all = QUEUES.map((queue) => ({ queue, count: 1, sampled: 1, oldestAt, causes: { 'body is not JSON': 1 } }));
    expect(await list()).toEqual(all);
    expect(await redrive(...QUEUES)).toEqual(QUEUES.map(() => 1));
    // Even on a clock that stands still, each job has sent each message once.
    expect(await list()).toEqual(all);
    expect(await redrive('due')).toEqual([1]);
  }, 120_000);

  it('of which every delivery failed have that as their cause', async () => {
    // No calendar has this instant: well formed, and yet every try fails.
    const failing = {
      profile: 'nobody',
      identity: { kind: 'user', id: 'nobody' },
      events: [{ ...event('e1'), at: 9e15 }],
    };
    await put('events', failing, 'nobody');
    await cairn.advance('6h');
    expect(await lying('events')).toMatchObject({ count: 1, causes: { [RETRIES_EXHAUSTED]: 1 } });
    expect(await redrive('events')).toEqual([1]);
    expect(await lying('events')).toMatchObject({ count: 0, causes: {} });
    await cairn.advance('6h');
    expect(await lying('events')).toMatchObject({ count: 1, causes: { [RETRIES_EXHAUSTED]: 1 } });
  }, 120_000);

  it('are worked after a redrive as if they came now, and nothing twice that was counted before', async () => {
    await put('events', said('ann', 'e1'), profileKeyOfUser('ann'));
    await cairn.local('POST', 'settle');
    expect(await greeted()).toEqual(['ann']);
    await put('events-dlq', said('ann', 'e1'), profileKeyOfUser('ann'));
    await put('events-dlq', said('bob', 'e2'), profileKeyOfUser('bob'));
    await put('events-dlq', said('bob', 'e2'), profileKeyOfUser('bob'));
    // Listing leaves them where they are.
    for (let times = 0; times < 2; times += 1) expect(await lying('events')).toMatchObject({ count: 3 });
    expect(await redrive('events')).toEqual([3]);
    expect(await lying('events')).toMatchObject({ count: 0 });
    expect(await greeted()).toEqual(['ann', 'bob']);
  });

  it('are redriven up to a number, by a job for each key of a repeated call, and by an act in the audit log', async () => {
    for (const id of ['ann', 'bob', 'nobody']) await put('events-dlq', said(id, `e-${id}`), profileKeyOfUser(id));
    const ask = () =>
      cairn.as('admin', 'POST', '/v1/dead-letters/events/redrive', { max: 2 }, { 'idempotency-key': 'once' });
    const [first, second] = [await ask(), await ask()];
    expect(first.body).toEqual(second.body);
    await cairn.local('POST', 'settle');
    expect(await lying('events')).toMatchObject({ count: 1 });
    expect(await greeted()).toEqual(['ann', 'bob']);
    const { items } = await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/audit');
    expect(items).toContainEqual(
      expect.objectContaining({ kind: 'dead-letters', id: 'events', action: 'redrive', actor: expect.any(String) }),
    );
  });

  it('are refused of a queue that is not there, by a number that is none, and to all but admins', async () => {
    const ask = (role: string, queue: string, body: object) =>
      cairn.as(role, 'POST', `/v1/dead-letters/${queue}/redrive`, body);
    const unknown = await ask('admin', 'events-dlq', {});
    expect([unknown.status, unknown.body.detail]).toEqual([
      404,
      expect.stringContaining('There are: alarms, campaigns, due, enrol'),
    ]);
    for (const max of [0, -1, 1.5, '3'])
      expect(await ask('admin', 'events', { max })).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/max' }] },
      });
    expect((await ask('approver', 'events', {})).status).toBe(403);
    expect((await cairn.as('approver', 'GET', '/v1/dead-letters')).status).toBe(403);
  });
});
