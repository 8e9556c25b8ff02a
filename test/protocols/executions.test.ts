import { expect, it } from 'vitest';
import { byChannel } from '../../core/channels/registry.ts';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import type { Outgoing } from '../../engine/ports.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { advanceRun } from '../../engine/runs/advance-run.ts';
import { RunLeft } from '../../engine/runs/deps.ts';
import { parkLostRun } from '../../engine/runs/park-lost-run.ts';
import { registerTaskToken } from '../../engine/runs/register-task-token.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { stopExecution } from '../../engine/runs/stop-execution.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { HOUR, Script, START } from './script.ts';

const key = profileKeyOfUser('executions-u');

/** A run that waits for a reply, and what its execution says when that has timed out. */
async function asked() {
  const sim = simulation(inMemory);
  const { posts } = new Script('executions').identify('u', 0).track('user', 'u', 0, 'Asked', { topic: 'a' });
  for (const { message, group } of posts) if (message) sim.ingest(message, group);
  await sim.advance(START + HOUR);
  const { profiles, runs } = sim.stores(new Invocation());
  const entry = (await profiles.readActivity(key))?.openRuns['ask#a']?.entry ?? '';
  const now = async () => {
    const run = await runs.get(entry);
    if (run === undefined) throw new Error('nobody has entered');
    return run;
  };
  const { leg, step } = await now();
  const enteredAt = new Date(START + 2 * HOUR).toISOString();
  const input = { entry, leg, n: step, stop: 'reply', cause: 'timeout' as const, enteredAt };
  const deps = () => sim.runDeps(new Invocation());
  sim.now = START + 2 * HOUR;
  return { sim, runs, deps, now, input, leg, step };
}

it('an execution of an earlier leg goes no further, and takes no part in the next', async () => {
  const { runs, deps, now, input, leg, step } = await asked();
  await runs.parkLost(input.entry, { leg, step }, START);
  await startRun(deps(), { entry: input.entry, leg: leg + 1 });
  const before = await now();
  expect(before).toMatchObject({ status: 'open', leg: leg + 1, step: step + 1, plan: { n: step } });
  await expect(advanceRun(deps(), input)).rejects.toBeInstanceOf(RunLeft);
  expect(await now()).toEqual(before);
});

it('a step that comes again after the next has been left goes no further', async () => {
  const { runs, deps, now, input, step } = await asked();
  await runs.claim(input.entry, { step }, { way: { kind: 'resolved', index: 0 }, by: 'replied' });
  await advanceRun(deps(), { ...input, cause: 'token' });
  const before = await now();
  expect(before).toMatchObject({ status: 'open', step: step + 1 });
  for (const n of [step - 1, step - 2]) {
    for (const cause of ['wait', 'timeout'] as const)
      await expect(advanceRun(deps(), { ...input, n, cause })).rejects.toBeInstanceOf(RunLeft);
  }
  expect(await now()).toEqual(before);
});

it('what a lost execution had planned and not carried out is carried out by the next leg', async () => {
  const { runs, deps, now, input, step } = await asked();
  await runs.claim(input.entry, { step }, { way: { kind: 'resolved', index: 0 }, by: 'replied' });
  const dead = { send: () => Promise.reject(new Error('dead')) };
  const dying = { ...deps(), senders: byChannel(() => dead) };
  await expect(advanceRun(dying, { ...input, cause: 'token' })).rejects.toThrow('dead');
  await runs.parkLost(input.entry, await now(), START);
  const sent: unknown[] = [];
  const push = { send: async (all: Outgoing[]) => void sent.push(...all.map(({ body }) => body)) };
  await startRun({ ...deps(), senders: byChannel(() => push) }, { entry: input.entry, leg: input.leg + 1 });
  expect(sent).toMatchObject([{ source: { node: 'yes' } }]);
});

it('an event that came before the token wakes the execution by it', async () => {
  const { sim, runs, input, leg, step } = await asked();
  await runs.claim(input.entry, { step }, { way: { kind: 'resolved', index: 0 }, by: 'replied' });
  const resolved: string[] = [];
  const executions = { resolve: async (token: string) => void resolved.push(token) };
  const token = { entry: input.entry, leg, n: step, stop: 'reply', token: 'new', attempt: 9 };
  await registerTaskToken({ ...sim.profileDeps(new Invocation()), executions }, token);
  expect(resolved).toEqual(['new']);
});

it('an event wakes the execution of a run that another has claimed and not woken', async () => {
  const { sim, runs, input, step } = await asked();
  await runs.claim(input.entry, { step }, { way: { kind: 'resolved', index: 0 }, by: 'who died' });
  const replied = { id: 'late', type: 'track', name: 'Replied', at: sim.now, receivedAt: sim.now, index: 0 } as const;
  const resolved: string[] = [];
  const executions = { resolve: async (token: string) => void resolved.push(token) };
  await processEvents(
    { ...sim.profileDeps(new Invocation()), executions },
    { profile: key, events: [{ ...replied, key: 'server' }] },
    { attributes: { MessageGroupId: key } },
  );
  expect(resolved).toHaveLength(1);
});

it('an entry whose committer died before it was enrolled is enrolled by the next delivery', async () => {
  const sim = simulation(inMemory);
  const [post] = new Script('executions').track('user', 'u', 0, 'Asked', { topic: 'a' }).posts;
  if (post?.message === undefined) throw new Error('no post');
  const record = { attributes: { MessageGroupId: key } };
  const dead = { send: () => Promise.reject(new Error('dead')) };
  const deps = sim.profileDeps(new Invocation());
  await expect(processEvents({ ...deps, enrolments: dead }, post.message, record)).rejects.toThrow('dead');
  const sent: unknown[] = [];
  const enrolments = { send: async (all: Outgoing[]) => void sent.push(...all.map(({ body }) => body)) };
  await processEvents({ ...deps, enrolments }, post.message, record);
  expect(sent).toMatchObject([{ leg: 1 }]);
});

it('a task that is asked for as its run is left is closed', async () => {
  const sim = simulation(inMemory);
  const deps = sim.runDeps(new Invocation());
  const run = { entry: 'e', profile: key, journey: 'service', version: 1, key: '', at: START, data: {} };
  await deps.runs.create(run, START);
  const create: typeof deps.tasks.create = async (task) => {
    await deps.runs.close('e', 'exited', START, 'hung-up');
    await deps.tasks.create(task);
  };
  await startRun({ ...deps, tasks: { ...deps.tasks, create } }, { entry: 'e', leg: 1 });
  const { items } = await deps.tasks.list({}, { limit: 10 });
  expect(items).toMatchObject([{ status: 'closed', reason: 'exited' }]);
});

it('a run of a version that was archived does nothing more, before the job has come to it', async () => {
  const { sim, deps, now, input } = await asked();
  sim.rules.snapshot = { ...sim.rules.snapshot, archived: { ask: 1 } };
  await expect(advanceRun(deps(), input)).rejects.toBeInstanceOf(RunLeft);
  expect(await now()).toMatchObject({ status: 'closed', reason: 'archived', visits: { reply: { count: 1 } } });
});

it('the end of an execution of an earlier leg moves nothing', async () => {
  const { sim, runs, deps, now, input, leg, step } = await asked();
  await runs.parkLost(input.entry, { leg, step }, START);
  await startRun(deps(), { entry: input.entry, leg: leg + 1 });
  const before = await now();
  const log = { warn() {} };
  const failed = { detail: { name: `${input.entry}-${leg}`, status: 'FAILED' } };
  await parkLostRun({ ...deps(), log, clock: () => sim.now }, failed);
  expect(await now()).toEqual(before);
});

it('an enrolment of a leg that is not the next starts nothing', async () => {
  const { runs, deps, now, input, leg, step } = await asked();
  await runs.parkLost(input.entry, { leg, step }, START);
  const before = await now();
  for (const other of [leg, leg + 2]) await startRun(deps(), { entry: input.entry, leg: other });
  expect(await now()).toEqual(before);
});

/** A run whose next letter will be held, as its rest ends; `advance` leaves the rest. */
async function resting() {
  const sim = simulation(inMemory);
  const { posts } = new Script('executions').identify('u', 0).track('user', 'u', 0, 'Subscribed');
  for (const { message, group } of posts) if (message) sim.ingest(message, group);
  await sim.advance(START + 0.5 * HOUR);
  sim.rules.pointer.channels = { push: { since: sim.now } };
  const { profiles, runs, messages } = sim.stores(new Invocation());
  const entry = (await profiles.readActivity(key))?.openRuns.letters?.entry ?? '';
  const { leg = 0, step = 0 } = (await runs.get(entry)) ?? {};
  sim.now = START + HOUR;
  const input = {
    entry,
    leg,
    n: step,
    stop: 'rest',
    cause: 'wait',
    enteredAt: new Date(sim.now).toISOString(),
  } as const;
  const sent: { queue: string; body: unknown }[] = [];
  const to = (queue: string) => ({
    send: async (all: Outgoing[]) => void sent.push(...all.map(({ body }) => ({ queue, body }))),
  });
  const deps = sim.runDeps(new Invocation());
  const push = to('send');
  const recording = { ...deps, senders: byChannel(() => push), enrolments: to('enrolments') };
  const requested = () => sent.flatMap(({ queue, body }) => (queue === 'send' ? [body as SendRequest] : []));
  return {
    sim,
    runs,
    messages,
    entry,
    leg,
    deps: recording,
    sent,
    requested,
    advance: () => advanceRun(recording, input),
  };
}

it('a run waits for its held message, whatever sends its leg', async () => {
  const { sim, runs, entry, leg, deps, requested, advance } = await resting();
  await expect(advance()).rejects.toBeInstanceOf(RunLeft);
  const [request] = requested();
  if (request === undefined) throw new Error('nothing is requested');
  await sendMessage(senderDeps(sim, new Invocation(), request), request);
  await startRun(deps, { entry, leg: leg + 1 });
  expect(await runs.get(entry)).toMatchObject({ status: 'parked', leg, node: 'letter' });
});

it('a run whose message is settled before it is parked for it goes on at once', async () => {
  const { sim, messages, entry, leg, deps, sent, requested, advance } = await resting();
  const { parkPlanned } = deps.runs;
  deps.runs.parkPlanned = async (...args) => {
    const [request] = requested();
    if (request === undefined) throw new Error('nothing is requested');
    sim.rules.pointer.channels = {};
    await sendMessage(senderDeps(sim, new Invocation(), { ...request, released: true }), request);
    expect((await messages.get(request.message))?.state).toBe('sent');
    return parkPlanned(...args);
  };
  await expect(advance()).rejects.toBeInstanceOf(RunLeft);
  expect(sent).toContainEqual({ queue: 'enrolments', body: { entry, leg: leg + 1 } });
});

it('a message that is held for a run that is left is refused, though the pause goes on', async () => {
  const { sim, runs, messages, entry, sent, deps, requested, advance } = await resting();
  await expect(advance()).rejects.toBeInstanceOf(RunLeft);
  const [request] = requested();
  if (request === undefined) throw new Error('nothing is requested');
  await sendMessage(senderDeps(sim, new Invocation(), request), request);
  expect((await messages.get(request.message))?.state).toBe('held');
  await runs.close(entry, 'exited', sim.now, 'bought');
  sent.length = 0;
  const executions = { stop: async () => {} };
  await stopExecution({ ...deps, ...sim.stores(new Invocation()), executions, machinePrefix: 'cairn' }, { entry });
  expect(requested()).toMatchObject([{ message: request.message, released: true }]);
});

it('a run that waits for its held message goes on as soon as that is sent', async () => {
  const { sim, runs, entry, leg, requested, advance } = await resting();
  await expect(advance()).rejects.toBeInstanceOf(RunLeft);
  const [request] = requested();
  if (request === undefined) throw new Error('nothing is requested');
  sim.rules.pointer.channels = {};
  const sent: unknown[] = [];
  const enrolments = { send: async (all: Outgoing[]) => void sent.push(...all.map(({ body }) => body)) };
  await sendMessage({ ...senderDeps(sim, new Invocation(), request), enrolments }, { ...request, released: true });
  expect(await runs.get(entry)).toMatchObject({ status: 'parked' });
  expect(sent).toEqual([{ entry, leg: leg + 1 }]);
});
