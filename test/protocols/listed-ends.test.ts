import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { nextSnapshot } from '../../core/catalog/build-snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { manualTagEvent, RUN_ENDED } from '../../core/events/internal.ts';
import { type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../../core/ids.ts';
import { JourneySchema } from '../../core/journeys/schema.ts';
import { CLOSED_RUN_MS } from '../../core/runs/run.ts';
import { TagSchema } from '../../core/tags/schema.ts';
import { fence } from '../../engine/profiles/merges/fence.ts';
import { complete } from '../../engine/profiles/merges/merge.ts';
import { processDueProfile } from '../../engine/profiles/process-due.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { triggerRun } from '../../engine/profiles/trigger-run.ts';
import { simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { MemoryTables } from './memory.ts';
import { HOUR, Script, START } from './script.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

/** Runs whose ends nobody has sent to the profile, because no live rule asks for them: they stay listed. */
const bare = () => {
  const memory = new MemoryTables();
  return { client: memory.client, all: (table: string) => memory.all(table) };
};
const u = profileKeyOfUser('listed-u');
const x = profileKeyOfAnonymous('listed-x');
const DAY = 24 * HOUR;

async function processed({ posts }: Script, sim = simulation(bare)): Promise<Sim> {
  for (const { message, group } of posts) if (message) sim.ingest(message, group);
  await sim.settle();
  return sim;
}
const depsOf = (sim: Sim) => sim.profileDeps(new Invocation());
const group = (key: string) => ({ attributes: { MessageGroupId: key } }) as never;
const activityOf = async (sim: Sim, key: ProfileKey = u) => await depsOf(sim).profiles.readActivity(key);
const openRunsOf = async (sim: Sim, key: ProfileKey = u) => (await activityOf(sim, key))?.openRuns ?? {};
const end = { type: 'end' };
const rests = { start: 'rest', nodes: { rest: { type: 'wait', for: '1h', next: 'done' }, done: end } };

function define(sim: Sim, id: string, sent: object): void {
  const definition = JourneySchema.parse({ name: id, owner: 'growth', reentry: 'always', ...sent });
  const pins = { templates: {}, journeys: {} };
  sim.rules.journeys = { ...sim.rules.journeys, [id]: { definition, pins } };
  const others = sim.rules.snapshot.journeys.filter((one) => one.id !== id);
  sim.rules.snapshot = { ...sim.rules.snapshot, journeys: [...others, { id, version: 1, definition, pins }] };
}
const tracked = (sim: Sim, name: string, more: Partial<CairnEvent> = {}): CairnEvent => ({
  id: `${name}-${sim.now}`,
  type: 'track',
  name,
  at: sim.now,
  receivedAt: sim.now,
  index: 0,
  key: 'server',
  ...more,
});
const turn = (sim: Sim, tag: string, on: boolean) =>
  sim.ingest({ profile: u, events: [manualTagEvent(tag, on, 'api', `turn-${sim.now}-${on}`, sim.now)] });
const forget = (sim: Sim, entry: string) =>
  sim.tables.client.send(new DeleteCommand({ TableName: TABLES.runs, Key: { pk: `RUN#${entry}`, sk: 'RUN' } }));

describe('a run whose item has expired', () => {
  it.each(['the customer', 'a profile that they were merged into'])('is not created again for %s', async (whose) => {
    const sim = simulation(bare);
    define(sim, 'wake', { entry: { event: 'Woken', key: 'night' }, ...rests });
    await processed(new Script('listed').identify('u', 0).track('anonymous', 'x', 0, 'Woken', { night: '1' }), sim);
    await sim.advance(START + 2 * HOUR);
    const first = (await openRunsOf(sim, x))['wake#1']?.entry ?? '';
    sim.now = START + 2 * HOUR + CLOSED_RUN_MS + DAY;
    await forget(sim, first);
    if (whose === 'the customer') sim.ingest({ profile: x, events: [tracked(sim, 'Looked')] });
    else {
      await fence(depsOf(sim), x, u);
      await complete(depsOf(sim), x);
    }
    await sim.settle();
    expect(await depsOf(sim).runs.get(first)).toBeUndefined();
  });
});

describe('an entry by a tag', () => {
  it('is open again, though the item of the last run has expired', async () => {
    const sim = simulation(bare);
    define(sim, 'vips', { entry: { tag: 'vip', on: 'added' }, ...rests });
    await processed(new Script('listed').identify('u', 0), sim);
    turn(sim, 'vip', true);
    await sim.settle();
    const first = (await openRunsOf(sim)).vips?.entry ?? '';
    await sim.advance(START + 2 * HOUR);
    expect((await depsOf(sim).runs.get(first))?.status).toBe('closed');
    sim.now = START + 2 * HOUR + CLOSED_RUN_MS + DAY;
    await forget(sim, first);
    turn(sim, 'vip', false);
    await sim.settle();
    sim.now += HOUR;
    turn(sim, 'vip', true);
    await sim.settle();
    const second = (await openRunsOf(sim)).vips?.entry ?? '';
    expect(second).not.toBe(first);
    expect((await depsOf(sim).runs.get(second))?.status).toBe('open');
  });

  it('is refused a second time where nobody enters again, and the end of the first run is in the timeline', async () => {
    const sim = simulation(bare);
    define(sim, 'vips', { entry: { tag: 'vip', on: 'added' }, ...rests, reentry: 'never' });
    await processed(new Script('listed').identify('u', 0), sim);
    for (const hours of [0, 2, 4, 6]) {
      await sim.advance(START + hours * HOUR);
      turn(sim, 'vip', hours % 4 === 0);
      await sim.settle();
    }
    const { profiles, runs } = depsOf(sim);
    expect((await runs.byJourney('vips', { limit: 9 })).entries).toHaveLength(1);
    const { events } = await profiles.history(u, { from: START, names: new Set([RUN_ENDED]) });
    expect(events.map(({ properties }) => properties?.journey)).toEqual(['vips']);
  });

  it('has room, though the profile lists many runs that have ended', async () => {
    const sim = simulation(bare);
    define(sim, 'vips', { entry: { tag: 'vip', on: 'added' }, ...rests });
    define(sim, 'wake', { entry: { event: 'Woken', key: 'night' }, ...rests });
    const script = new Script('listed').identify('u', 0);
    const long = 'x'.repeat(250);
    const nights = [
      ...Array.from({ length: 200 }, (_, n) => `${n}${long}`),
      ...Array.from({ length: 20 }, (_, n) => `${n}`),
    ];
    script.batch(
      'user',
      'u',
      0,
      nights.map((night) => [0, 'Woken', { night }]),
    );
    await processed(script, sim);
    await sim.advance(START + 2 * HOUR);
    turn(sim, 'vip', true);
    await sim.settle();
    expect(await openRunsOf(sim)).toHaveProperty('vips');
  });
});

it('a run that was listed a moment ago, and whose item was not put, is no ended one', async () => {
  const sim = simulation(bare);
  define(sim, 'wake', { entry: { event: 'Woken', key: 'night' }, ...rests });
  await processed(new Script('listed').identify('u', 0), sim);
  const woken = (night: string) => ({
    profile: u,
    events: [tracked(sim, 'Woken', { id: night, properties: { night } })],
  });
  const deps = depsOf(sim);
  const dying = { ...deps, runs: { ...deps.runs, create: () => Promise.reject(new Error('dead')) } };
  await expect(processEvents(dying, woken('1'), group(u))).rejects.toThrow('dead');
  await processEvents(depsOf(sim), woken('2'), group(u));
  expect(Object.keys(await openRunsOf(sim))).toEqual(['wake#1', 'wake#2']);
});

describe.each([
  ['ended', { journey: 'wake', ended: 'ended' }],
  ['is not open', { not: { journey: 'wake', is: 'open' } }],
])('an audience that asks whether a run %s', (_, audience) => {
  it.each(['tag', 'trigger'])('knows the ends that nobody was told of, at an entry by %s', async (by) => {
    const sim = simulation(bare);
    define(sim, 'wake', { entry: { event: 'Woken', key: 'night' }, ...rests });
    await processed(new Script('listed').identify('u', 0).track('user', 'u', 0, 'Woken', { night: '1' }), sim);
    await sim.advance(START + 2 * HOUR);
    define(sim, 'vips', { entry: { tag: 'vip', on: 'added' }, audience, ...rests });
    if (by === 'tag') turn(sim, 'vip', true);
    else {
      // The answer of the call, which is judged before anything is committed.
      const refusing = { ...depsOf(sim), events: { send: () => Promise.reject(new Error('judged')) } };
      const trigger = { profile: u, journey: 'vips', cause: 'call' };
      await expect(triggerRun(refusing, trigger)).rejects.toThrow('judged');
      await triggerRun(depsOf(sim), trigger);
    }
    await sim.settle();
    expect(await openRunsOf(sim)).toHaveProperty('vips');
  });
});

describe('a run that an exit has ended', () => {
  it('gives its tags once, though the same event comes again months later', async () => {
    const script = new Script('listed').identify('u', 0).track('user', 'u', 0, 'Asked', { topic: 'a' });
    const sim = simulation(bare);
    // Nobody asks whether runs of this journey are open.
    sim.rules.snapshot = { ...sim.rules.snapshot, rules: sim.rules.snapshot.rules.filter(({ id }) => id !== 'asking') };
    await processed(script, sim);
    sim.now += HOUR;
    sim.ingest({ profile: u, events: [tracked(sim, 'Hung Up')] });
    await sim.settle();
    expect((await activityOf(sim))?.tags).toHaveProperty('rude');
    turn(sim, 'rude', false);
    await sim.settle();
    for (let n = 0; n < 400; n += 1)
      sim.ingest({ profile: u, events: [tracked(sim, 'Looked', { id: `looked-${n}` })] });
    await sim.settle();
    sim.now += 10 * DAY;
    sim.ingest({ profile: u, events: [tracked(sim, 'Hung Up')] });
    await sim.settle();
    expect((await activityOf(sim))?.tags).not.toHaveProperty('rude');
  });
});

describe('a merge', () => {
  it('closes no run for one that ended so long ago that its item has expired', async () => {
    const sim = simulation(bare);
    define(sim, 'wake', { entry: { event: 'Woken', key: 'night' }, ...rests });
    await processed(new Script('listed').track('anonymous', 'x', 0, 'Woken', { night: '1' }).identify('u', 0), sim);
    await sim.advance(START + 2 * HOUR);
    const old = (await openRunsOf(sim, x))['wake#1']?.entry ?? '';
    sim.now = START + 2 * HOUR + CLOSED_RUN_MS + DAY;
    await forget(sim, old);
    sim.ingest({ profile: u, events: [tracked(sim, 'Woken', { properties: { night: '1' } })] });
    await sim.settle();
    const stays = (await openRunsOf(sim))['wake#1']?.entry ?? '';
    expect((await depsOf(sim).runs.get(stays))?.status).toBe('open');
    await fence(depsOf(sim), x, u);
    await complete(depsOf(sim), x);
    expect((await openRunsOf(sim))['wake#1']?.entry).toBe(stays);
    expect((await depsOf(sim).runs.get(stays))?.status).toBe('open');
  });
});

describe('a rule that becomes live while a run ends', () => {
  it('is told, though the profile was evaluated by it before, and whoever ended the run had an older copy', async () => {
    const sim = simulation(bare);
    define(sim, 'wake', { entry: { event: 'Woken', key: 'night' }, ...rests });
    await processed(new Script('listed').track('user', 'u', 0, 'Woken', { night: '1' }), sim);
    const before = sim.rules.snapshot;
    const rule = {
      kind: 'tag' as const,
      id: 'woken',
      version: 1,
      definition: TagSchema.parse({
        name: 'W',
        layer: 'behaviour',
        owner: 'growth',
        use: 'test',
        if: { journey: 'wake', ended: 'ended' },
      }),
    };
    const next = nextSnapshot(before, { ...before, rules: [...before.rules, rule] });
    const after = { ...(next ?? before), version: before.version + 1 };
    sim.rules.snapshot = after;
    // It is evaluated by the new rule while the run is open.
    await processEvents(depsOf(sim), { profile: u, events: [tracked(sim, 'Looked')] }, group(u));
    sim.rules.snapshot = before;
    await sim.advance(START + 2 * HOUR);
    sim.rules.snapshot = after;
    await processDueProfile(depsOf(sim), { profile: u, at: sim.now, touch: true });
    await sim.settle();
    expect((await activityOf(sim))?.tags).toHaveProperty('woken');
  });
});
