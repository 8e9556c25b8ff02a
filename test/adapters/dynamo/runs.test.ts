import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runStore } from '../../../adapters/dynamo/runs.ts';
import type { NewRun } from '../../../core/profiles/activity.ts';
import type { Plan, Run } from '../../../core/runs/run.ts';
import type { Fence, RunStore } from '../../../engine/runs/ports.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let runs: RunStore;
let count = 0;

beforeAll(async () => {
  tables = await startTables();
  runs = runStore(tables.client, TABLES.runs);
});
afterAll(() => tables.stop());

const newRun = (more: Partial<NewRun> = {}): NewRun => {
  count += 1;
  return {
    entry: `entry-${count}`,
    profile: 'p',
    journey: 'j',
    version: 1,
    key: '',
    at: 1_000 + count,
    data: { total: 3 },
    ...more,
  };
};
const plan = (n: number, next: Plan['next'] = { kind: 'stop', node: 'wait', until: 9_000 }): Plan => ({
  n,
  at: 1_000,
  actions: [],
  next,
});
const commit = (n: number) => ({ plan: plan(n), node: 'wait', leftAt: 1_000, data: {}, visits: {} });

async function opened(): Promise<string> {
  const run = newRun();
  await runs.create(run, 1_000);
  await runs.beginLeg(run.entry, { leg: 0, step: 0 }, commit(0), 1_000);
  return run.entry;
}

describe('the run item', () => {
  it('is created once and reads as it was created', async () => {
    const run = newRun();
    expect(await runs.create(run, 1_000)).toBe(true);
    expect(await runs.create({ ...run, data: {} }, 1_000)).toBe(false);
    expect(await runs.get(run.entry)).toMatchObject({ ...run, status: 'entering', leg: 0, step: 0, visits: {} });
  });

  it('is born closed where its exit came first', async () => {
    const run = newRun({ bornExited: { outcome: 'ordered' } });
    await runs.create(run, 1_000);
    expect(await runs.get(run.entry)).toMatchObject({ status: 'closed', reason: 'exited', outcome: 'ordered' });
  });

  it('begins a leg once', async () => {
    const run = newRun();
    await runs.create(run, 1_000);
    expect(await runs.beginLeg(run.entry, { leg: 0, step: 0 }, commit(0), 1_000)).toBe(true);
    expect(await runs.beginLeg(run.entry, { leg: 0, step: 0 }, commit(0), 1_000)).toBe(false);
    expect(await runs.get(run.entry)).toMatchObject({ status: 'open', leg: 1, step: 1, node: 'wait', plan: plan(0) });
  });

  it('takes a plan only from the step that it leaves, and clears claim and token with it', async () => {
    const entry = await opened();
    await runs.setToken(entry, { leg: 1, step: 1 }, 'token', 0);
    await runs.claim(entry, { leg: 1, step: 1 }, { way: { kind: 'timeout' }, by: 'timeout' });
    expect(await runs.commitPlan(entry, { leg: 1, step: 0 }, commit(0))).toBe(false);
    expect(await runs.commitPlan(entry, { leg: 2, step: 1 }, commit(1))).toBe(false);
    expect(await runs.commitPlan(entry, { leg: 1, step: 1 }, commit(1))).toBe(true);
    const run = await runs.get(entry);
    expect(run).toMatchObject({ step: 2 });
    expect(run?.claim).toBeUndefined();
    expect(run?.token).toBeUndefined();
  });

  it('whose execution was lost is not lost any more once its next leg has begun', async () => {
    const entry = await opened();
    await runs.parkLost(entry, { leg: 1, step: 1 }, 2_000);
    expect(await runs.get(entry)).toMatchObject({ executionLost: true });
    await runs.beginLeg(entry, { leg: 1, step: 1 }, commit(1), 3_000);
    expect((await runs.get(entry))?.executionLost).toBeUndefined();
  });

  it('is claimed once', async () => {
    const entry = await opened();
    expect(await runs.claim(entry, { step: 1 }, { way: { kind: 'resolved', index: 0 }, by: 'e1' })).toBe(true);
    expect(await runs.claim(entry, { leg: 1, step: 1 }, { way: { kind: 'timeout' }, by: 'timeout' })).toBe(false);
    expect((await runs.get(entry))?.claim).toEqual({ way: { kind: 'resolved', index: 0 }, by: 'e1' });
  });

  it('keeps the token of the newest attempt', async () => {
    const entry = await opened();
    expect(await runs.setToken(entry, { leg: 1, step: 1 }, 'second', 1)).toBe(true);
    expect(await runs.setToken(entry, { leg: 1, step: 1 }, 'first', 0)).toBe(false);
    expect((await runs.get(entry))?.token).toEqual({ leg: 1, attempt: 1, value: 'second' });
  });

  it('closes once, and nothing writes to it afterwards', async () => {
    const entry = await opened();
    expect(await runs.close(entry, 'exited', 5_000, 'ordered')).toBe(true);
    expect(await runs.close(entry, 'archived', 6_000)).toBe(false);
    expect(await runs.commitPlan(entry, { leg: 1, step: 1 }, commit(1))).toBe(false);
    expect(await runs.claim(entry, { step: 1 }, { way: { kind: 'timeout' }, by: 'timeout' })).toBe(false);
    expect(await runs.commitPlan(entry, { leg: 1, step: 1 }, { ...commit(1), end: { at: 7_000 } })).toBe(false);
    expect(await runs.get(entry)).toMatchObject({
      status: 'closed',
      reason: 'exited',
      outcome: 'ordered',
      closedAt: 5_000,
    });
  });

  it('parks with the decided way, is found when due, and goes on with the next leg', async () => {
    const entry = await opened();
    expect(await runs.park(entry, { leg: 1, step: 1 }, { way: { kind: 'waited' }, by: 'wait' }, 2_000, 8_000)).toBe(
      true,
    );
    const found = await Promise.all(
      Array.from({ length: 64 }, (_, shard) => runs.dueBefore(String(shard).padStart(2, '0'), 8_001, { limit: 10 })),
    );
    expect(found.flatMap((page) => page.entries)).toContain(entry);
    expect(await runs.beginLeg(entry, { leg: 1, step: 1 }, commit(1), 1_000)).toBe(true);
    const run = await runs.get(entry);
    expect(run).toMatchObject({ status: 'open', leg: 2, step: 2 });
    expect(run?.claim).toBeUndefined();
    // Until its execution is known to have started.
    expect(run?.dueAt).toBe(1_000 + 600_000);
    await runs.confirmStart(entry, { leg: 2 });
    expect((await runs.get(entry))?.dueAt).toBeUndefined();
  });

  it('ends in the commit of an empty last plan', async () => {
    const entry = await opened();
    await runs.commitPlan(
      entry,
      { leg: 1, step: 1 },
      { ...commit(1), plan: plan(1, { kind: 'end', outcome: 'reminded' }), end: { outcome: 'reminded', at: 3_000 } },
    );
    expect(await runs.get(entry)).toMatchObject({ status: 'closed', reason: 'ended', outcome: 'reminded' });
  });

  it('is listed by journey and profile', async () => {
    const [first, second] = [newRun({ journey: 'listed', profile: 'a' }), newRun({ journey: 'listed', profile: 'b' })];
    await runs.create(first, 1_000);
    await runs.create(second, 1_000);
    expect((await runs.byJourney('listed', { limit: 10 })).entries).toEqual([first.entry, second.entry]);
    expect((await runs.byJourneyOf('listed', ['b'], { limit: 10 })).entries).toEqual([second.entry]);
    expect((await runs.byProfile('a', { limit: 10 })).entries).toEqual([first.entry]);
  });
});

describe('every write of a run is fenced', () => {
  const way = { way: { kind: 'timeout' as const }, by: 'timeout' };
  const before = ['entering', 'parked'];
  const inside = ['open'];
  type Write = (entry: string, from: Fence) => Promise<boolean>;
  const WRITES: Record<string, { of: string[]; write: Write }> = {
    beginLeg: { of: before, write: (entry, from) => runs.beginLeg(entry, from, commit(from.step), 1_000) },
    postpone: { of: before, write: (entry, from) => runs.postpone(entry, from, 9_000) },
    commitPlan: { of: inside, write: (entry, from) => runs.commitPlan(entry, from, commit(from.step)) },
    park: { of: inside, write: (entry, from) => runs.park(entry, from, way, 2_000, 9_000) },
    parkPlanned: { of: inside, write: (entry, from) => runs.parkPlanned(entry, from, 9_000) },
    parkLost: { of: inside, write: (entry, from) => runs.parkLost(entry, from, 9_000) },
    claim: { of: inside, write: (entry, from) => runs.claim(entry, from, way) },
    setToken: { of: inside, write: (entry, from) => runs.setToken(entry, from, 'token', 0) },
    end: {
      of: inside,
      write: (entry, from) => runs.commitPlan(entry, from, { ...commit(from.step), end: { at: 9_000 } }),
    },
  };
  const STATES: Record<string, (entry: string) => Promise<unknown>> = {
    open: async () => {},
    parked: (entry) => runs.parkPlanned(entry, { leg: 1, step: 1 }, 8_000),
    closed: (entry) => runs.close(entry, 'exited', 8_000),
  };

  async function inState(status: string): Promise<Run> {
    const run = newRun();
    const entry = status === 'entering' ? run.entry : await opened();
    if (status === 'entering') await runs.create(run, 1_000);
    await STATES[status]?.(entry);
    const there = await runs.get(entry);
    if (there === undefined) throw new Error('no run');
    return there;
  }

  for (const [name, { of, write }] of Object.entries(WRITES)) {
    it(`${name}: refused on another leg, at another step, in another state`, async () => {
      for (const status of ['entering', ...Object.keys(STATES)]) {
        const run = await inState(status);
        const { entry, leg, step } = run;
        expect(await write(entry, { leg: leg + 1, step }), `${status}, a later leg`).toBe(false);
        expect(await write(entry, { leg: leg - 1, step }), `${status}, an older leg`).toBe(false);
        expect(await write(entry, { leg, step: step - 1 }), `${status}, an older step`).toBe(false);
        expect(await runs.get(entry)).toEqual(run);
        expect(await write(entry, { leg, step }), status).toBe(of.includes(status));
      }
    });
  }
});
