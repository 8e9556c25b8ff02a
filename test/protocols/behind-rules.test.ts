import { describe, expect, it } from 'vitest';
import { manualTagEvent, triggeredEvent } from '../../core/events/internal.ts';
import { profileKeyOfAnonymous, profileKeyOfUser } from '../../core/ids.ts';
import { JourneySchema } from '../../core/journeys/schema.ts';
import { fence } from '../../engine/profiles/merges/fence.ts';
import { complete } from '../../engine/profiles/merges/merge.ts';
import { processDueProfile } from '../../engine/profiles/process-due.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { triggerRun } from '../../engine/profiles/trigger-run.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { inMemory, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { CHANGES } from './rules.ts';
import { Script, START } from './script.ts';
import type { Sim } from './simulation.ts';

/** Profiles that the live rules have not evaluated yet: `keen` asks for three events that no kept feature counts. */
const u = profileKeyOfUser('behind-u');
const x = profileKeyOfAnonymous('behind-x');
const MINUTE = 60_000;

const added = (user: number, visitor = 0): Script => {
  const script = new Script('behind').identify('u', 0).track('anonymous', 'x', 0, 'Looked');
  for (let n = 0; n < user; n += 1) script.track('user', 'u', 0, 'Product Added', { cart: `u${n}` });
  for (let n = 0; n < visitor; n += 1) script.track('anonymous', 'x', 0, 'Product Added', { cart: `x${n}` });
  return script;
};

async function processed({ posts }: Script, sim = simulation(inMemory)): Promise<Sim> {
  for (const { message, group } of posts) if (message) sim.ingest(message, group);
  await sim.advance(START + MINUTE);
  return sim;
}

const depsOf = (sim: Sim) => sim.profileDeps(new Invocation());
const newRule = (sim: Sim) => {
  sim.rules.snapshot = CHANGES.keen(sim.rules.snapshot);
};
const backfill = (sim: Sim) => processDueProfile(depsOf(sim), { profile: u, at: sim.now, touch: true });
const isKeen = async (sim: Sim) => {
  const { tags = {} } = (await depsOf(sim).profiles.readActivity(u)) ?? {};
  return Object.hasOwn(tags, 'keen');
};
const group = (key: string) => ({ attributes: { MessageGroupId: key } }) as never;
const productAdded = (sim: Sim) =>
  ({
    id: 'last',
    type: 'track',
    name: 'Product Added',
    at: sim.now,
    receivedAt: sim.now,
    index: 0,
    key: 'server',
  }) as const;
const dead = () => Promise.reject(new Error('dead'));

/** Two events in all must not be three, and three must be. */
describe.each([2, 3])('of %i events, a feature that a new rule asks for counts each once', (count) => {
  it('if the backfill comes between the timeline and the commit', async () => {
    const sim = await processed(added(count - 1));
    const deps = depsOf(sim);
    let isFirst = true;
    const commitActivity: typeof deps.profiles.commitActivity = async (...commit) => {
      if (isFirst) {
        isFirst = false;
        newRule(sim);
        await backfill(sim);
        expect(await isKeen(sim)).toBe(false);
      }
      return deps.profiles.commitActivity(...commit);
    };
    const slow = { ...deps, profiles: { ...deps.profiles, commitActivity } };
    await processEvents(slow, { profile: u, events: [productAdded(sim)] }, group(u));
    expect(await isKeen(sim)).toBe(count === 3);
  });

  it('if the backfill comes before a merge has folded the visitor, whose next event was to be handed on', async () => {
    const sim = await processed(added(1, count - 2));
    const deps = depsOf(sim);
    await fence(deps, x, u);
    const message = { profile: x, events: [productAdded(sim)] };
    const dying = { ...deps, profiles: { ...deps.profiles, commitActivity: dead } };
    await expect(processEvents(dying, message, group(x))).rejects.toThrow('dead');
    newRule(sim);
    await backfill(sim);
    expect(await isKeen(sim)).toBe(false);
    await processEvents(deps, message, group(x));
    await sim.settle();
    expect(await isKeen(sim)).toBe(count === 3);
  });

  it.each(['visitor alone', 'visitor and under the survivor'])(
    'if the backfill comes as a merge has folded the visitor, whose events lie under the %s',
    async (where) => {
      const sim = await processed(added(1, count - 1));
      const deps = depsOf(sim);
      await fence(deps, x, u);
      const movableItems = where === 'visitor alone' ? dead : deps.profiles.movableItems;
      const removeItems: typeof deps.profiles.removeItems = (key, items) =>
        items.some((item) => item.kind === 'record' && item.id.startsWith('EVENTS#'))
          ? dead()
          : deps.profiles.removeItems(key, items);
      const dying = { ...deps, profiles: { ...deps.profiles, movableItems, removeItems } };
      await expect(complete(dying, x)).rejects.toThrow('dead');
      newRule(sim);
      await backfill(sim);
      expect(await isKeen(sim)).toBe(count === 3);
      await complete(deps, x);
      expect(await isKeen(sim)).toBe(count === 3);
    },
  );
});

/** Replaces a journey by this one. */
function define(sim: Sim, id: string, sent: object): void {
  const definition = JourneySchema.parse({ name: id, owner: 'growth', ...sent });
  const pins = { templates: {}, journeys: {} };
  sim.rules.journeys = { ...sim.rules.journeys, [id]: { definition, pins } };
  const others = sim.rules.snapshot.journeys.filter((one) => one.id !== id);
  sim.rules.snapshot = { ...sim.rules.snapshot, journeys: [...others, { id, version: 1, definition, pins }] };
}
const end = (outcome: string) => ({ type: 'end', outcome });

describe('a profile that is behind the rules', () => {
  it('is asked for an audience only after it has been brought up to date', async () => {
    const sim = await processed(added(3));
    newRule(sim);
    const nodes = { rest: { type: 'wait', for: '1h', next: 'done' }, done: end('done') };
    define(sim, 'ask', { entry: { event: 'Asked' }, audience: { tag: 'keen' }, start: 'rest', nodes });
    const trigger = { profile: u, journey: 'ask', key: '', data: {}, cause: 'call' };
    // The answer of the call, which is judged before anything is committed.
    const refusing = { ...depsOf(sim), events: { send: dead } };
    await expect(triggerRun(refusing, trigger)).rejects.toThrow('dead');
    expect(await triggerRun(depsOf(sim), trigger)).toMatchObject({ entered: true });
  });

  it('enters by an event only after it has been brought up to date', async () => {
    const sim = await processed(added(3));
    newRule(sim);
    const nodes = { rest: { type: 'wait', for: '1h', next: 'done' }, done: end('done') };
    define(sim, 'ask', { entry: { event: 'Asked' }, audience: { tag: 'keen' }, start: 'rest', nodes });
    const event = triggeredEvent({ journey: 'ask', key: '', data: {} }, 'call', sim.now);
    await processEvents(depsOf(sim), { profile: u, events: [event] }, group(u));
    expect((await depsOf(sim).profiles.readActivity(u))?.openRuns).toHaveProperty('ask');
  });

  it('takes a branch only after it has been brought up to date', async () => {
    const sim = await processed(added(3));
    newRule(sim);
    const which = { type: 'branch', cases: [{ if: { tag: 'keen' }, next: 'keen' }], default: 'other' };
    const nodes = { which, keen: end('keen'), other: end('other') };
    define(sim, 'ask', { entry: { event: 'Asked' }, start: 'which', nodes });
    const deps = sim.runDeps(new Invocation());
    const run = { entry: 'e', profile: u, journey: 'ask', version: 1, key: '', at: sim.now, data: {} };
    await deps.runs.create(run, sim.now);
    await startRun(deps, { entry: 'e', leg: 1 });
    expect(await deps.runs.get('e')).toMatchObject({ status: 'closed', outcome: 'keen' });
    expect(await isKeen(sim)).toBe(false);
  });
});

describe.each(['rule', 'hand'])('a tag by %s that a merge turns on', (by) => {
  /** Merges two profiles with a run each. Only both together have the tag of the rule, and the visitor alone has the one by hand. */
  async function merged(id: string, sent: object): Promise<Sim> {
    const sim = simulation(inMemory);
    if (by === 'rule') newRule(sim);
    define(sim, id, { entry: { event: 'Went In', key: 'at' }, reentry: 'always', ...sent });
    const script = by === 'rule' ? added(2, 1) : added(0);
    script.track('user', 'u', 0, 'Went In', { at: 'u' }).track('anonymous', 'x', 0, 'Went In', { at: 'x' });
    await processed(script, sim);
    if (by === 'hand') {
      const event = { ...manualTagEvent('vip', true, 'api', 'vip', sim.now), receivedAt: sim.now };
      await processEvents(depsOf(sim), { profile: x, events: [event] }, group(x));
    }
    await fence(depsOf(sim), x, u);
    await complete(depsOf(sim), x);
    await sim.settle();
    return sim;
  }
  const tag = by === 'rule' ? 'keen' : 'vip';
  const runsOf = async (sim: Sim, id: string) => {
    const { runs } = sim.stores(new Invocation());
    const { entries } = await runs.byJourney(id, { limit: 9 });
    return Promise.all(entries.map((entry) => runs.get(entry)));
  };

  it('ends the runs that exit by it', async () => {
    const nodes = { rest: { type: 'wait', for: '9h', next: 'done' }, done: end('done') };
    const exit = [{ tag, on: 'added', outcome: 'tagged' }];
    const sim = await merged('ask', { exit, start: 'rest', nodes });
    expect(await runsOf(sim, 'ask')).toMatchObject(
      Array(2).fill({ status: 'closed', reason: 'exited', outcome: 'tagged' }),
    );
  });

  it('resolves the stops that wait for it', async () => {
    const wait = { type: 'wait-for', timeout: '9h', for: [{ tag, on: 'added', next: 'done' }], onTimeout: 'late' };
    const sim = await merged('ask', { start: 'wait', nodes: { wait, done: end('tagged'), late: end('late') } });
    expect(await runsOf(sim, 'ask')).toMatchObject(
      Array(2).fill({ status: 'closed', reason: 'ended', outcome: 'tagged' }),
    );
  });
});
