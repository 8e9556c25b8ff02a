import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { jobStore } from '../../../adapters/dynamo/jobs.ts';
import { byChannel } from '../../../core/channels/registry.ts';
import type { Job, JobMessage } from '../../../core/jobs/job.ts';
import { type JobDeps, runJob } from '../../../engine/jobs/run-job.ts';
import type { Outgoing } from '../../../engine/ports.ts';
import { noDeadLetters } from '../../protocols/dead-letters.ts';
import { noExports, noRecounts, noRemoval } from '../../protocols/recounts.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
});
afterAll(() => stop());

/** `parked` runs of one journey, in pages as the index would give them. */
async function wake(id: string, parked: number, more: Partial<Job> = {}) {
  const jobs = jobStore(client, TABLES.catalog);
  const entries = Array.from({ length: parked }, (_, index) => `run-${index}`);
  const woken: string[] = [];
  const clock = { now: NOW };
  const queued: Outgoing[] = [];
  const nowhere = { send: async () => {} };
  const deps: JobDeps = {
    jobs,
    runs: {
      byJourney: async (_journey: string, { limit, cursor }: { limit: number; cursor?: Record<string, unknown> }) => {
        const from = Number(cursor?.from ?? 0);
        const next = from + limit < parked ? { from: from + limit } : undefined;
        return { entries: entries.slice(from, from + limit), next };
      },
      get: async (entry: string) => ({ entry, status: 'parked', leg: 1 }) as never,
      close: async () => true,
    } as unknown as JobDeps['runs'],
    enrolments: {
      send: async (messages) => void woken.push(...messages.map(({ body }) => (body as { entry: string }).entry)),
    },
    queue: { send: async (messages) => void queued.push(...messages) },
    profiles: {} as never,
    messages: {} as never,
    catalog: {} as never,
    wakes: {} as never,
    audience: {} as never,
    campaigns: nowhere,
    events: nowhere,
    due: nowhere,
    stopExecutions: nowhere,
    metricEvents: { publish: async () => {} },
    senders: byChannel(() => nowhere),
    deadLetters: noDeadLetters,
    recounting: noRecounts,
    removal: noRemoval,
    exporting: noExports,
    pointerMaxAgeMs: 0,
    clock: () => clock.now,
  };
  const job: Job = {
    id,
    work: { kind: 'wake', journey: 'j' },
    shards: 1,
    status: 'running',
    at: NOW,
    by: 'ann',
    done: 0,
    ...more,
  };
  await jobs.create(job);
  const deliver = (shard = 0) => runJob(deps, { job: id, shard } satisfies JobMessage);
  return { jobs, woken, queued, deps, deliver, clock };
}

describe('a job', () => {
  it('of little to do in each shard is done by one message', async () => {
    const { jobs, woken, queued, deps } = await wake('little', 40, { shards: 16 });
    await runJob(deps, { job: 'little' });
    expect([woken.length, queued]).toEqual([16 * 40, []]);
    expect(await jobs.get('little')).toMatchObject({ status: 'done', done: 16 * 40 });
  });

  it('goes on by a message for each shard that has more than a page', async () => {
    const { jobs, woken, queued, deps, deliver } = await wake('much', 150, { shards: 2 });
    await runJob(deps, { job: 'much' });
    expect([woken.length, queued]).toEqual([
      200,
      [{ body: { job: 'much', shard: 0 } }, { body: { job: 'much', shard: 1 } }],
    ]);
    await deliver(1);
    expect(await jobs.get('much')).toMatchObject({ status: 'running', done: 250 });
    // The first message comes again, and once more when all is done.
    await runJob(deps, { job: 'much' });
    await runJob(deps, { job: 'much' });
    expect(await jobs.get('much')).toMatchObject({ status: 'done', done: 300 });
  });

  it('lets a shard whose page fails stop no other', async () => {
    const { jobs, queued, deps, deliver } = await wake('faulty', 150, { shards: 3 });
    const { advance } = deps.jobs;
    deps.jobs = {
      ...deps.jobs,
      advance: async (id, shard, ...more) => {
        if (shard === 1) throw new Error('no');
        return advance(id, shard, ...more);
      },
    };
    await runJob(deps, { job: 'faulty' });
    expect(queued).toEqual([0, 1, 2].map((shard) => ({ body: { job: 'faulty', shard } })));
    await expect(deliver(1)).rejects.toThrow('no');
    await deliver(0);
    await deliver(2);
    expect(await jobs.get('faulty')).toMatchObject({ status: 'running', done: 300 });
  });

  it('goes on at its rate, a page and a rest at a time, also where a message comes twice', async () => {
    const { jobs, woken, queued, deps, deliver, clock } = await wake('slow', 250, { perMinute: 50 });
    const later = (delaySeconds: number) => ({ body: { job: 'slow', shard: 0 }, delaySeconds });
    await runJob(deps, { job: 'slow' });
    expect([woken.length, queued]).toEqual([100, [later(120)]]);
    // The first message once more, and a second for the shard.
    clock.now += 30_000;
    await runJob(deps, { job: 'slow' });
    await deliver();
    expect([woken.length, queued]).toEqual([100, [later(120), later(90), later(90)]]);
    for (const page of [200, 250]) {
      clock.now += 120_000;
      await deliver();
      expect(woken.length).toBe(page);
    }
    expect(await jobs.get('slow')).toMatchObject({ status: 'done', done: 250 });
  });

  it('that was cancelled goes no further', async () => {
    const { jobs, woken, queued, deps, deliver } = await wake('cancelled', 250, { perMinute: 50 });
    await runJob(deps, { job: 'cancelled' });
    queued.length = 0;
    await jobs.end('cancelled', 'cancelled');
    await runJob(deps, { job: 'cancelled' });
    await deliver();
    expect([woken.length, queued]).toEqual([100, []]);
  });

  it('begins when every function knows the rules that it was started for, and indexes list what was written before', async () => {
    const { woken, queued, deps, clock } = await wake('early', 10);
    const patient = { ...deps, pointerMaxAgeMs: 5_000 };
    await runJob(patient, { job: 'early' });
    expect([woken, queued]).toEqual([[], [{ body: { job: 'early' }, delaySeconds: 10 }]]);
    clock.now += 10_000;
    await runJob(patient, { job: 'early' });
    expect(woken).toHaveLength(10);
  });

  it('that archives a journey sends back to the gate what is held for it, by its own pause or a channel’s', async () => {
    const { jobs, queued, deps } = await wake('archive', 0, { work: { kind: 'archive', journey: 'j' } });
    const source = (id: string) => ({ kind: 'journey', id, version: 1, node: 'n', run: 'gone' });
    const held: Record<string, string> = { 'journey:j': 'own', email: 'theirs', sms: 'own too' };
    const sent: unknown[] = [];
    const sender = { send: async (all: Outgoing[]) => void sent.push(...all.map(({ body }) => body)) };
    const messages = {
      heldBy: async (by: string) => ({ ids: held[by] === undefined ? [] : [held[by]] }),
      getAll: async (ids: string[]) =>
        new Map(
          ids.map((id) => [
            id,
            { state: 'held', source: source(id === 'theirs' ? 'other' : 'j'), request: { message: id } },
          ]),
        ),
    };
    await runJob(
      { ...deps, messages: messages as never, senders: byChannel(() => sender) },
      { job: 'archive', shard: 0 },
    );
    expect(sent).toEqual(['own', 'own too'].map((message) => ({ message, released: true })));
    expect(queued).toEqual([]);
    expect(await jobs.get('archive')).toMatchObject({ status: 'done' });
  });

  it('goes through without a rest where it has no rate', async () => {
    const { jobs, woken, queued, deliver } = await wake('fast', 250);
    await deliver();
    expect([woken.length, queued]).toEqual([250, []]);
    expect(await jobs.get('fast')).toMatchObject({ status: 'done' });
  });

  it('hands itself on after half a minute, and is taken up where it stands', async () => {
    const { jobs, woken, queued, deliver } = await wake('long', 2_500);
    let elapsed = 0;
    const watch = vi.spyOn(performance, 'now').mockImplementation(() => (elapsed += 2_000));
    await deliver();
    expect([woken.length, queued]).toEqual([1_400, [{ body: { job: 'long', shard: 0 } }]]);
    watch.mockRestore();
    await deliver();
    expect(woken.length).toBe(2_500);
    expect(await jobs.get('long')).toMatchObject({ status: 'done', done: 2_500 });
  });

  it('counts nothing twice when it is delivered again, and stops when it is cancelled', async () => {
    const { jobs, woken, deliver } = await wake('again', 150, { perMinute: 1_000 });
    await deliver();
    await jobs.end('again', 'cancelled');
    await deliver();
    expect(woken.length).toBe(100);
    expect(await jobs.get('again')).toMatchObject({ status: 'cancelled', done: 100 });
    const done = await wake('done', 50);
    await done.deliver();
    await done.deliver();
    expect(await done.jobs.get('done')).toMatchObject({ status: 'done', done: 50 });
  });
});
