import { describe, expect, it } from 'vitest';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { entryIdOf, profileKeyOfUser } from '../../core/ids.ts';
import type { Outgoing } from '../../engine/ports.ts';
import { fence } from '../../engine/profiles/merges/fence.ts';
import { complete } from '../../engine/profiles/merges/merge.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { advanceRun } from '../../engine/runs/advance-run.ts';
import { RunLeft } from '../../engine/runs/deps.ts';
import { movedRest, pendingTraitsOf } from '../../engine/runs/follow.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { inMemory, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { HOUR, Script, START } from './script.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

const key = profileKeyOfUser('dates-u');

async function processed(script: Script, hours: number): Promise<Sim> {
  const sim = simulation(inMemory);
  for (const { at, message, group } of script.posts.toSorted((a, b) => a.at - b.at)) {
    if (at > sim.now) await sim.advance(at, false);
    if (message) sim.ingest(message, group);
  }
  await sim.advance(START + hours * HOUR);
  return sim;
}

const endsOn = (sim: Sim, hours: number): CairnEvent => ({
  ...{ id: `ends-${hours}`, type: 'identify', at: sim.now, receivedAt: sim.now, index: 0, key: 'server' },
  traits: { endsOn: new Date(START + hours * HOUR).toISOString() },
});
/** Processes the whole event: traits, commit and effects. */
const moveDate = (sim: Sim, hours: number): Promise<void> =>
  processEvents(sim.profileDeps(new Invocation()), { profile: key, events: [endsOn(sim, hours)] }, {
    attributes: { MessageGroupId: key },
  } as never);

const runsOf = (sim: Sim) => runStore(sim.tables.client, TABLES.runs);
async function onlyRun(sim: Sim) {
  const [item] = (await sim.tables.all(TABLES.runs)).filter(({ sk }) => sk === 'RUN');
  const run = await runsOf(sim).get(String(item?.pk).slice('RUN#'.length));
  if (run === undefined) throw new Error('nobody has entered');
  return run;
}

function listening(sim: Sim) {
  const deps = sim.runDeps(new Invocation());
  const enrolments: unknown[] = [];
  const send = async (messages: Outgoing[]) => void enrolments.push(...messages.map(({ body }) => body));
  return { deps: { ...deps, enrolments: { send } }, enrolments };
}

describe('a date that changes', () => {
  it('between the planning of the first leg and its commit is seen by who plans', async () => {
    const sim = await processed(new Script('dates').endsOn('u', 0, 5), 1);
    const at = sim.now;
    const run = {
      entry: entryIdOf('trial', '', key, 'start'),
      profile: key,
      journey: 'trial',
      version: 1,
      key: '',
      at,
    };
    await runsOf(sim).create({ ...run, data: {} }, at);
    const { deps, enrolments } = listening(sim);
    const beginLeg: typeof deps.runs.beginLeg = async (...args) => {
      await moveDate(sim, 2);
      return deps.runs.beginLeg(...args);
    };
    await startRun({ ...deps, runs: { ...deps.runs, beginLeg } }, { entry: run.entry, leg: 1 });
    expect(await onlyRun(sim)).toMatchObject({ status: 'parked', executionLost: true, leg: 1 });
    expect(enrolments).toEqual([{ entry: run.entry, leg: 2 }]);
    await startRun(deps, { entry: run.entry, leg: 2 });
    expect((await onlyRun(sim)).plan?.next).toEqual({ kind: 'stop', node: 'ends', until: START + 2 * HOUR });
  });

  it('between the planning of a later stop and its commit is seen by who plans', async () => {
    const sim = await processed(new Script('dates').endsOn('u', 0, 3).track('user', 'u', 0.1, 'Lease Signed'), 1.9);
    const { entry } = await onlyRun(sim);
    sim.now = START + 2 * HOUR;
    const { deps, enrolments } = listening(sim);
    const commitPlan: typeof deps.runs.commitPlan = async (...args) => {
      await moveDate(sim, 2.5);
      return deps.runs.commitPlan(...args);
    };
    const input = {
      entry,
      leg: 1,
      n: 1,
      stop: 'renewed',
      cause: 'timeout',
      enteredAt: new Date(sim.now).toISOString(),
    };
    const left = advanceRun({ ...deps, runs: { ...deps.runs, commitPlan } }, input as never);
    await expect(left).rejects.toBeInstanceOf(RunLeft);
    expect(enrolments).toEqual([{ entry, leg: 2 }]);
    await startRun(deps, { entry, leg: 2 });
    expect((await onlyRun(sim)).plan?.next).toEqual({ kind: 'stop', node: 'call', until: START + 2.5 * HOUR });
  });

  it('just before it comes is obeyed, though nobody has moved the run yet', async () => {
    const sim = await processed(new Script('dates').endsOn('u', 0, 2).track('user', 'u', 0.1, 'Trial Started'), 1.9);
    const { entry } = await onlyRun(sim);
    const profiles = profileStore(sim.tables.client, TABLES.profiles);
    const before = await profiles.readProfile(key);
    if (before === undefined) throw new Error('nobody is known');
    const traits = { endsOn: { value: new Date(START + 4 * HOUR).toISOString(), ts: sim.now, by: 'x' } };
    await profiles.updateProfile(key, before, {
      ...before,
      traits: { ...before.traits, ...traits },
      pv: before.pv + 1,
    });
    sim.now = START + 2 * HOUR;
    const { deps, enrolments } = listening(sim);
    const input = { entry, leg: 1, n: 1, stop: 'ends', cause: 'wait', enteredAt: new Date(sim.now).toISOString() };
    await expect(advanceRun(deps, input as never)).rejects.toBeInstanceOf(RunLeft);
    expect(enrolments).toEqual([{ entry, leg: 2 }]);
    await startRun(deps, { entry, leg: 2 });
    expect((await onlyRun(sim)).plan?.next).toEqual({ kind: 'stop', node: 'ends', until: START + 4 * HOUR });
  });

  it('is not looked for in what the run itself has set and the profile has not heard yet', async () => {
    const sim = await processed(new Script('dates').endsOn('u', 0, 2).track('user', 'u', 0.1, 'Trial Started'), 1);
    const run = await onlyRun(sim);
    const until = START + 9 * HOUR;
    const set = { kind: 'update', node: 'x', traits: { endsOn: new Date(until).toISOString() } } as const;
    const plan = { n: 0, at: sim.now, actions: [set], next: { kind: 'stop', node: 'ends', until } } as const;
    const journey = sim.rules.journeys.trial?.definition;
    if (journey === undefined) throw new Error('no trial');
    const moved = (actions: (typeof set)[], pending?: ReturnType<typeof pendingTraitsOf>) =>
      movedRest(
        sim.runDeps(new Invocation()),
        { ...run, plan: { ...plan, actions, ...(pending ? { pendingTraits: pending } : {}) } },
        journey,
      );
    expect(await moved([set])).toBeUndefined();
    expect(await moved([], pendingTraitsOf({ ...plan, actions: [set] }))).toBeUndefined();
    expect(await moved([])).toEqual({ until: START + 2 * HOUR });
  });

  it('is found by nobody while the profile is being merged', async () => {
    const sim = await processed(new Script('dates').endsOn('u', 0, 2).track('user', 'u', 0.1, 'Trial Started'), 1);
    const run = await onlyRun(sim);
    const journey = sim.rules.journeys.trial?.definition;
    if (journey === undefined) throw new Error('no trial');
    // The other profile has no end of a trial.
    await fence(sim.profileDeps(new Invocation()), key, profileKeyOfUser('dates-v'));
    expect(await movedRest(sim.runDeps(new Invocation()), run, journey)).toBeUndefined();
    await complete(sim.profileDeps(new Invocation()), key);
    expect(await movedRest(sim.runDeps(new Invocation()), run, journey)).toBeUndefined();
  });

  it('and is gone, goes behind an event that was committed before', async () => {
    const sim = await processed(new Script('dates').endsOn('u', 0, 3).track('user', 'u', 0.1, 'Lease Signed'), 1);
    const run = await onlyRun(sim);
    const profiles = profileStore(sim.tables.client, TABLES.profiles);
    const before = await profiles.readProfile(key);
    if (before === undefined) throw new Error('nobody is known');
    // It was committed, but its executor died before it moved the run.
    const event = {
      id: 'renewed',
      type: 'track',
      name: 'Renewed',
      at: sim.now,
      receivedAt: sim.now,
      index: 0,
    } as const;
    await profiles.putEvents(key, [{ ...event, key: 'server' }]);
    const endsOn = { value: null, ts: sim.now, by: 'x' };
    await profiles.updateProfile(key, before, { ...before, traits: { endsOn }, pv: before.pv + 1 });
    await runsOf(sim).parkLost(run.entry, run, sim.now);
    await startRun(listening(sim).deps, { entry: run.entry, leg: 2 });
    expect((await onlyRun(sim)).plan?.actions).toMatchObject([{ kind: 'send', node: 'thanks' }]);
  });

  it('by the run itself is remembered through lost executions until the profile hears of it', async () => {
    const sim = await processed(new Script('dates').endsOn('u', 0, 2).track('user', 'u', 0.1, 'Trial Started'), 1);
    const run = await onlyRun(sim);
    const until = START + 9 * HOUR;
    const set = { kind: 'update', node: 'x', traits: { endsOn: new Date(until).toISOString() } } as const;
    const { data, visits, entry } = run;
    const plan = { n: run.step, at: sim.now, actions: [set], next: { kind: 'stop', node: 'ends', until } } as const;
    const committed = { plan: { ...plan, actions: [set] }, node: 'ends', leftAt: sim.now, data, visits };
    await runsOf(sim).parkLost(entry, run, sim.now);
    await runsOf(sim).beginLeg(entry, run, committed, sim.now);
    for (const leg of [3, 4]) {
      await runsOf(sim).parkLost(entry, await onlyRun(sim), sim.now);
      await startRun(listening(sim).deps, { entry, leg });
      expect((await onlyRun(sim)).plan?.next).toEqual({ kind: 'stop', node: 'ends', until });
    }
  });
});
