import { describe, expect, it } from 'vitest';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { byChannel } from '../../core/channels/registry.ts';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { executeEffects } from '../../engine/profiles/execute-effects.ts';
import { advanceRun } from '../../engine/runs/advance-run.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { MemoryTables } from './memory.ts';
import { Script } from './script.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

const MINUTE = 60_000;

/** A customer whose first enrolment carries the run that was just created, by this journey. */
async function created(journey: string) {
  const memory = new MemoryTables();
  const sim = simulation(() => ({ client: memory.client, all: (table: string) => memory.all(table) }));
  for (const { message, group } of new Script('carried').identify('u', 0).posts)
    if (message) sim.ingest(message, group);
  await sim.settle();
  const run = { profile: profileKeyOfUser('carried-u'), journey, version: 1, key: '', at: sim.now, data: {} };
  const deps = depsOf(sim);
  await deps.runs.create({ ...run, entry: 'e' }, sim.now);
  return { sim, deps, message: { entry: 'e', leg: 1, created: { ...run, createdAt: sim.now } } };
}
const depsOf = (sim: Sim) => sim.runDeps(new Invocation());

/** A sender's queue that takes nothing, or notes the nodes of what it takes. */
const full = byChannel(() => ({ send: () => Promise.reject(new Error('full')) }));
function noting() {
  const nodes: unknown[] = [];
  const send = async (all: { body: unknown }[]) =>
    void nodes.push(
      ...all.map(({ body }) => (body as SendRequest).source).map((source) => Reflect.get(source, 'node')),
    );
  return { nodes, senders: byChannel(() => ({ send })) };
}

describe('the last plan, whose commit has closed the run, is carried out by the retry of', () => {
  it('start-run', async () => {
    const { deps, message } = await created('buyers');
    await expect(startRun({ ...deps, senders: full }, message)).rejects.toThrow('full');
    expect(await deps.runs.get('e')).toMatchObject({ status: 'closed', reason: 'ended' });
    const { nodes, senders } = noting();
    await startRun({ ...deps, senders }, message);
    expect(nodes).toEqual(['thanks']);
  });

  it('advance-run', async () => {
    const { sim, deps, message } = await created('letters');
    await startRun(deps, message);
    const step = (n: number, stop: string) =>
      ({ entry: 'e', leg: 1, n, stop, cause: 'wait', enteredAt: new Date(sim.now).toISOString() }) as const;
    sim.now += 60 * MINUTE;
    await advanceRun(deps, step(1, 'rest'));
    sim.now += 120 * MINUTE;
    await expect(advanceRun({ ...deps, senders: full }, step(2, 'longer'))).rejects.toThrow('full');
    expect(await deps.runs.get('e')).toMatchObject({ status: 'closed', reason: 'ended' });
    const { nodes, senders } = noting();
    expect(await advanceRun({ ...deps, senders }, step(2, 'longer'))).toMatchObject({ next: 'end' });
    expect(nodes).toEqual(['another']);
  });
});

describe('an enrolment that carries the run', () => {
  it('draws no code when it comes again, for a run that found none', async () => {
    const { sim, deps, message } = await created('welcome');
    await startRun(deps, message);
    const coupons = couponStore(sim.tables.client, TABLES.catalog);
    await coupons.addCodes('pool', ['late'], sim.now);
    sim.now += 20 * MINUTE;
    await startRun(depsOf(sim), message);
    expect(await coupons.undrawn('pool')).toBe(1);
  });

  it('is that of whoever has created it: a repeat knows nothing of what the run has been through', async () => {
    const { sim } = await created('patience');
    const run = { entry: 'f', profile: profileKeyOfUser('carried-u'), journey: 'patience', version: 1, key: 'f' };
    const deps = sim.profileDeps(new Invocation());
    const enrolled: unknown[] = [];
    const enrolments = { send: async (all: { body: unknown }[]) => void enrolled.push(...all.map(({ body }) => body)) };
    const enter = { kind: 'enter', run: { ...run, at: sim.now, data: {} }, at: sim.now } as const;
    for (const isRepeat of [false, true, false])
      await executeEffects({ ...deps, enrolments }, run.profile, [enter], { isRepeat });
    const bare = { entry: 'f', leg: 1 };
    expect(enrolled).toEqual([expect.objectContaining({ ...bare, created: expect.anything() }), bare, bare]);
  });

  it('does not begin a run that was postponed meanwhile, whose due instant is another', async () => {
    const { sim, deps, message } = await created('patience');
    sim.rules.pointer.journeys = { patience: { since: sim.now } };
    await startRun(deps, message);
    const { dueAt } = (await deps.runs.get('e')) ?? {};
    sim.rules.pointer.journeys = {};
    sim.now += MINUTE;
    await startRun(depsOf(sim), message);
    expect(await deps.runs.get('e')).toMatchObject({ status: 'parked', dueAt });
    // Whoever resumes the journey sends an enrolment that reads the run.
    const dead = { start: () => Promise.reject(new Error('dead')) };
    await expect(startRun({ ...depsOf(sim), executions: dead }, { entry: 'e', leg: 1 })).rejects.toThrow('dead');
    expect((await deps.runs.get('e'))?.dueAt).toBe(sim.now + 10 * MINUTE);
  });
});

it('a run whose execution has started is not carried out again by a second delivery', async () => {
  const { sim, deps, message } = await created('letters');
  await startRun(deps, message);
  expect(await deps.runs.get('e')).toMatchObject({ status: 'open', dueAt: undefined });
  let starts = 0;
  const start: typeof deps.executions.start = async () => {
    starts += 1;
    return true;
  };
  await startRun({ ...depsOf(sim), executions: { ...deps.executions, start } }, message);
  expect(starts).toBe(0);
});

describe('an execution that never starts is looked for', () => {
  const dead = { start: () => Promise.reject(new Error('dead')) };
  it.each([
    ['when its creation says, which leaves time', 30, 30],
    ['after ten minutes where it is due hours later, for it waited for its pilot', 360, 10],
    ['after ten minutes where it is due sooner than it may have started', 2, 10],
  ])('%s', async (_when, due, looked) => {
    const { sim, deps } = await created('patience');
    if (due !== 30) await deps.runs.postponeDue('e', sim.now + 30 * MINUTE, sim.now + due * MINUTE);
    await expect(
      startRun({ ...deps, executions: { ...deps.executions, ...dead } }, { entry: 'e', leg: 1 }),
    ).rejects.toThrow('dead');
    expect((await deps.runs.get('e'))?.dueAt).toBe(sim.now + looked * MINUTE);
  });
});
