import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { profileKeyOfUser } from '../../../core/ids.ts';
import type { SendRequest } from '../../../core/messages/send-request.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import { startTables } from '../../protocols/tables.ts';
import { harness, NOW } from './api-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let api: ReturnType<typeof harness>;
beforeAll(async () => {
  tables = await startTables();
});
beforeEach(async () => {
  api = harness(tables.client);
  headers = { 'idempotency-key': randomBytes(9).toString('hex') };
  const profile = { identity: { kind: 'user' as const, id: 'ann' }, pv: 1, traits: {}, addresses: {} };
  await api.deps.profiles.updateProfile(ANN, undefined, profile);
  await api.deps.profiles.commitActivity(ANN, undefined, { ...emptyActivity(), version: 1, pv: 1 });
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => tables.stop());

const ANN = profileKeyOfUser('ann');
const DAY = 24 * 3600_000;
/** Different in each test, because they share their tables. */
let headers: Record<string, string>;
const bodies = <Body>(queue: string) => (api.sent[queue] ?? []).map(({ body }) => body as Body);

async function receiptTemplate(): Promise<void> {
  const content = { email: { subject: 'Receipt', text: 'Thank you' } };
  await api.call('PUT', '/v1/templates/receipt', { body: { class: 'transactional', content } });
}

async function publishedJourney(id: string): Promise<void> {
  await receiptTemplate();
  await api.call('PUT', '/v1/settings', { body: { approval: { required: false } } });
  const body = {
    name: id,
    entry: { event: 'Asked' },
    start: 'notify',
    nodes: { notify: { type: 'send', template: 'receipt', channels: ['email'], next: 'done' }, done: { type: 'end' } },
  };
  await api.call('PUT', `/v1/journeys/${id}`, { body });
  expect((await api.call('POST', `/v1/journeys/${id}/publish`)).status).toBe(200);
}

describe('a call that broke off goes on when it is made again', () => {
  test('a resumption lets go what is held, with its key and without', async () => {
    for (const [id, asked] of [
      ['keyed', { headers }],
      ['bare', {}],
    ] as const) {
      await publishedJourney(id);
      expect((await api.call('POST', `/v1/journeys/${id}/pause`)).status).toBe(200);
      vi.spyOn(api.deps.definitions, 'commitHead').mockRejectedValueOnce(new Error('died'));
      await expect(api.call('POST', `/v1/journeys/${id}/resume`, asked)).rejects.toThrow('died');
      // The pause is off already, and another caller who asks for it gets it; once more, and it is paused already.
      expect((await api.call('POST', `/v1/journeys/${id}/pause`)).status).toBe(200);
      expect((await api.call('POST', `/v1/journeys/${id}/pause`)).status).toBe(409);
      expect((await api.deps.catalog.snapshot()).pointer.journeys[id]).toBeDefined();
      api.sent.jobs = [];
      expect((await api.call('POST', `/v1/journeys/${id}/resume`, asked)).status).toBe(200);
      expect(bodies('jobs')).toHaveLength(2);
      expect((await api.deps.catalog.snapshot()).pointer.journeys[id]).toBeUndefined();
    }
  });

  test('a resumption that has moved the head has queued its jobs', async () => {
    await publishedJourney('queued');
    await api.call('POST', '/v1/journeys/queued/pause');
    vi.spyOn(api.deps.queues.jobs, 'send').mockRejectedValueOnce(new Error('died'));
    await expect(api.call('POST', '/v1/journeys/queued/resume')).rejects.toThrow('died');
    expect((await api.call('GET', '/v1/journeys/queued')).body).toMatchObject({ status: 'paused' });
    expect((await api.call('POST', '/v1/journeys/queued/resume')).status).toBe(200);
  });

  test('a deletion takes the deleted list and tag off their members', async () => {
    await api.call('PUT', '/v1/lists/fair', { body: { name: 'Fair' } });
    await api.call('PUT', '/v1/tags/vip', { body: { name: 'VIP', layer: 'base', owner: 'growth', use: 'all' } });
    for (const path of ['/v1/lists/fair', '/v1/tags/vip']) {
      api.sent.jobs = [];
      vi.spyOn(api.deps.queues.jobs, 'send').mockRejectedValueOnce(new Error('died'));
      await expect(api.call('DELETE', path)).rejects.toThrow('died');
      expect((await api.call('DELETE', path)).status).toBe(404);
      const jobs = bodies<{ job: string }>('jobs').map(({ job }) => job);
      expect(new Set(jobs).size).toBeGreaterThan(0);
      // Once more, and it is the same job.
      await api.call('DELETE', path);
      expect(new Set(bodies<{ job: string }>('jobs').map(({ job }) => job))).toEqual(new Set(jobs));
    }
  });

  test('a message is sent again by the queue, and the row is opened once for each call', async () => {
    const { messages } = api.deps;
    const request: SendRequest = {
      message: 'lost',
      profile: ANN,
      template: { id: 'receipt', version: 1 },
      source: { kind: 'api', id: 'ann' },
      at: NOW,
    };
    const draft = { ...request, id: 'lost', channel: 'email' as const, topic: undefined, links: undefined, request };
    await messages.refuse(draft, 'failed', 'provider-permanent', NOW);
    vi.spyOn(messages, 'reopen').mockRejectedValueOnce(new Error('died'));
    await expect(api.call('POST', '/v1/messages/lost/resend', { headers })).rejects.toThrow('died');
    const [first] = bodies<SendRequest>('email');
    expect(first).toMatchObject({ message: 'lost', resend: expect.any(String) });
    // The sender opens it, and a repeat of the call opens it no further.
    await messages.reopen('lost', String(first?.resend), NOW);
    expect((await api.call('POST', '/v1/messages/lost/resend', { headers })).status).toBe(202);
    expect(bodies<SendRequest>('email').map(({ resend }) => resend)).toEqual([first?.resend, first?.resend]);
    expect((await messages.get('lost'))?.resends).toEqual([first?.resend]);
    expect((await api.call('POST', '/v1/messages/lost/resend')).status).toBe(409);
  });

  test('a write key that was made twice is listed once, and one of them works', async () => {
    vi.spyOn(api.deps.idempotency, 'answer').mockRejectedValueOnce(new Error('died'));
    const added = vi.spyOn(api.deps.keys, 'add');
    await expect(api.call('POST', '/v1/keys', { body: { kind: 'server', name: 'Shop' }, headers })).rejects.toThrow(
      'died',
    );
    const { body } = await api.call('POST', '/v1/keys', { body: { kind: 'server', name: 'Shop' }, headers });
    const { body: listed } = await api.call('GET', '/v1/keys');
    expect((listed.items as { name: string }[]).filter(({ name }) => name === 'Shop')).toHaveLength(1);
    const [first, second] = added.mock.calls.map(([key]) => key);
    expect(second).toBe(body.key);
    expect(await api.deps.keys.find(String(first))).toBeUndefined();
    expect(await api.deps.keys.find(String(second))).toMatchObject({ name: 'Shop' });
  });
});

describe('an Idempotency-Key after its 24 hours', () => {
  test('is another message, and another entry', async () => {
    await receiptTemplate();
    await publishedJourney('again');
    const send = () => api.call('POST', '/v1/messages', { body: { profileId: 'ann', template: 'receipt' }, headers });
    const trigger = () => api.call('POST', '/v1/journeys/again/trigger', { body: { profileId: 'ann' }, headers });
    const first = [await send(), await trigger()];
    api.clock.now += DAY - 1;
    expect([await send(), await trigger()]).toEqual(first);
    api.clock.now += 1;
    const later = await send();
    await trigger();
    expect(later.body.id).not.toBe(first[0]?.body.id);
    expect(bodies<SendRequest>('email').map(({ message }) => message)).toEqual([first[0]?.body.id, later.body.id]);
    expect(new Set(api.triggered.map((one) => (one as { cause: string }).cause)).size).toBe(2);
  });

  test('names the same message while its first call is not answered', async () => {
    await receiptTemplate();
    const send = () => api.call('POST', '/v1/messages', { body: { profileId: 'ann', template: 'receipt' }, headers });
    api.clock.now += 3 * DAY;
    vi.spyOn(api.deps.idempotency, 'answer').mockRejectedValueOnce(new Error('died'));
    await expect(send()).rejects.toThrow('died');
    api.clock.now += DAY / 2;
    const { body } = await send();
    expect(bodies<SendRequest>('email').map(({ message }) => message)).toEqual([body.id, body.id]);
  });
});

test('what no queue takes is refused with its place, and nothing is promised', async () => {
  await publishedJourney('big');
  const big = { text: randomBytes(200 * 1024).toString('hex') };
  const asked = [
    ['PATCH', '/v1/profiles/ann', { traits: big }, '/traits'],
    ['POST', '/v1/journeys/big/trigger', { profileId: 'ann', data: big }, '/data'],
    ['POST', '/v1/messages', { profileId: 'ann', template: 'receipt', data: big }, '/data'],
  ] as const;
  for (const [method, path, body, place] of asked) {
    const answer = await api.call(method, path, { body });
    expect(answer, path).toMatchObject({ status: 413, body: { errors: [{ path: place }] } });
  }
  expect([api.sent.events, api.sent.email, api.triggered]).toEqual([undefined, undefined, []]);
});
