import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { enter, installJourney } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

interface Job {
  id: string;
  kind: string;
  status: string;
  done: number;
  reason?: string;
  url?: string;
  urlExpiresAt?: string;
}
interface Problem {
  errors: { path: string; message: string }[];
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], approval: { required: false }, floors: [] });
  await installJourney(cairn, 'offer', { event: 'Offered', channel: 'sms', content: { text: 'An offer' } });
  await installJourney(cairn, 'other', { event: 'Other', channel: 'sms', content: { text: 'Another' } });
  await enter(cairn, 'Offered', 0, 3);
  await enter(cairn, 'Other', 10, 2);
});
afterAll(() => releaseCairn(cairn));

const ASKED = { of: 'messages', scope: 'journey:offer', from: '2026-11-02', to: '2026-11-02', format: 'jsonl' };
const start = (asked: object = {}, headers: Record<string, string> = {}) =>
  cairn.as<{ job: string }>('marketer', 'POST', '/v1/exports', { ...ASKED, ...asked }, headers);
const read = (id: string, role = 'marketer') => cairn.ok<Job>(role, 'GET', `/v1/jobs/${id}`);
/** The job, a minute later. */
async function ended(asked: object = {}): Promise<Job> {
  const { body } = await start(asked);
  await cairn.advance('1m');
  return read(body.job);
}
const download = ({ url = '' }: Job): Promise<Response> => fetch(url);
const linesOf = async (job: Job) => (await (await download(job)).text()).trim().split('\n');

describe('an export', { shuffle: false }, () => {
  it('is a file with the messages that the report counts', async () => {
    const job = await ended();
    expect(job).toMatchObject({ kind: 'export', status: 'done', done: 3 });
    const rows = (await linesOf(job)).map((line) => JSON.parse(line) as { metric: string; journey: string });
    const report = await cairn.ok<{ totals: { sent: number } }>(
      'viewer',
      'GET',
      '/v1/reports/journey/offer?from=2026-11-02',
    );
    expect(rows.filter(({ metric }) => metric === 'sent')).toHaveLength(report.totals.sent);
    expect(new Set(rows.map(({ journey }) => journey))).toEqual(new Set(['offer']));
  });

  it('has a link for an hour, which a viewer does not see', async () => {
    const job = await ended();
    expect(Date.parse(job.urlExpiresAt ?? '') - Date.parse(await cairn.now())).toBe(3_600_000);
    expect(new URL(job.url ?? '').searchParams.get('X-Amz-Expires')).toBe('3600');
    expect(await read(job.id, 'viewer')).not.toHaveProperty('url');
    expect((await fetch(String(job.url).replace('.jsonl', '.csv'))).status).toBe(403);
    await cairn.advance('61m');
    expect((await download(job)).status).toBe(403);
    expect((await download(await read(job.id))).status).toBe(200);
  });

  it('is CSV or Parquet, of everything that was sent on these days', async () => {
    const csv = await ended({ format: 'csv', scope: undefined });
    expect(await linesOf(csv)).toHaveLength(1 + 5);
    const parquet = await ended({ format: 'parquet', scope: 'channel:sms' });
    expect(parquet.done).toBe(5);
    expect((await (await download(parquet)).arrayBuffer()).slice(0, 4)).toEqual(
      new TextEncoder().encode('PAR1').buffer,
    );
  });

  it('has no rows where nothing was sent', async () => {
    expect(await ended({ of: 'conversions' })).toMatchObject({ status: 'done', done: 0 });
  });

  it('is one under one key, however often it is asked for and its message comes', async () => {
    const key = { 'idempotency-key': 'an-export' };
    const [first, again] = [await start({}, key), await start({}, key)];
    expect([first.status, again.body.job]).toEqual([202, first.body.job]);
    for (let copy = 0; copy < 3; copy += 1)
      await cairn.local('POST', 'enqueue', { queue: 'jobs', body: JSON.stringify({ job: first.body.job }) });
    await cairn.advance('1m');
    const job = await read(first.body.job);
    expect(job).toMatchObject({ status: 'done', done: 3 });
    expect(await linesOf(job)).toHaveLength(3);
    const { items } = await cairn.ok<{ items: Job[] }>('viewer', 'GET', '/v1/jobs?limit=200');
    expect(items.filter(({ id }) => id === job.id)).toHaveLength(1);
  });

  it('says why it has failed', async () => {
    await cairn.local('POST', 'faults', { provider: 's3', mode: 'permanent', times: 1_000 });
    const job = await ended();
    await cairn.local('POST', 'faults', { provider: 's3', times: 0 });
    expect(job).toMatchObject({ status: 'failed', done: 0, reason: 'The data lake could not be read.' });
    expect(job).not.toHaveProperty('url');
    const { items } = await cairn.ok<{ items: Job[] }>('viewer', 'GET', '/v1/jobs?status=failed');
    expect(items.map(({ id }) => id)).toEqual([job.id]);
  });

  it('goes on after a fault that passes', async () => {
    await cairn.local('POST', 'faults', { provider: 's3', mode: 'permanent', times: 1 });
    expect(await ended()).toMatchObject({ status: 'done', done: 3 });
  });

  it.each([
    ['/of', { of: 'customers' }],
    ['/scope', { of: 'profiles', scope: 'campaign:spring' }],
    ['/scope', { of: 'events', scope: 'tag:vip' }],
    ['/scope', { of: 'flow', scope: undefined }],
    ['/scope', { of: 'flow', scope: 'channel:sms' }],
    ['/from', { from: undefined }],
    ['/to', { of: 'events', scope: undefined, to: undefined }],
    ['/scope', { scope: 'segment:vip' }],
    ['/scope', { scope: 'channel:fax' }],
    ['/from', { from: '2026-11-03' }],
    ['/from', { from: '2020-01-01' }],
    ['/to', { to: 'today' }],
    ['/format', { format: 'xlsx' }],
  ])('is refused at %s: %o', async (path, asked) => {
    const { status, body } = await start(asked);
    expect([status, (body as unknown as Problem).errors[0]?.path]).toEqual([422, path]);
  });

  it('takes a marketer', async () => {
    expect((await cairn.as('viewer', 'POST', '/v1/exports', ASKED)).status).toBe(403);
  });
});
