import { describe, expect, it } from 'vitest';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { ALIAS_GROUP, type EventsMessage } from '../../core/events/event.ts';
import { manualTagEvent, triggeredEvent } from '../../core/events/internal.ts';
import { type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser, shortHash } from '../../core/ids.ts';
import type { Outgoing } from '../../engine/ports.ts';
import { fence } from '../../engine/profiles/merges/fence.ts';
import { complete } from '../../engine/profiles/merges/merge.ts';
import { moveItems } from '../../engine/profiles/merges/move-items.ts';
import { processDueProfile } from '../../engine/profiles/process-due.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { triggerRun } from '../../engine/profiles/trigger-run.ts';
import { advanceRun } from '../../engine/runs/advance-run.ts';
import { simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { MemoryTables } from './memory.ts';
import { CHANGES } from './rules.ts';
import { HOUR, Script, START } from './script.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

/** Tables without the invariants, which would fail first: these tests look at single functions. */
const bare = () => {
  const memory = new MemoryTables();
  return { client: memory.client, all: (table: string) => memory.all(table) };
};
const user = (id: string): ProfileKey => profileKeyOfUser(`group-${id}`);
const visitor = (id: string): ProfileKey => profileKeyOfAnonymous(`group-${id}`);

async function processed(script: Script, hours: number): Promise<Sim> {
  const sim = simulation(bare);
  for (const { at, message, group } of script.posts.toSorted((a, b) => a.at - b.at)) {
    if (at > sim.now) await sim.advance(at, false);
    if (message) sim.ingest(message, group);
  }
  await sim.advance(START + hours * HOUR);
  return sim;
}
const profilesOf = (sim: Sim) => profileStore(sim.tables.client, TABLES.profiles);
const depsOf = (sim: Sim) => sim.profileDeps(new Invocation());

describe('due', () => {
  it('evaluates nobody before their time, though a message for them comes', async () => {
    const sim = await processed(new Script('group').track('user', 'u', 0, 'Order Completed', { cart: 'a' }), 1);
    const before = await profilesOf(sim).readActivity(user('u'));
    expect(before?.dueAt).toBeGreaterThan(START + 2 * HOUR);
    const dueAt = Number(before?.dueAt);
    const sent: Outgoing[] = [];
    const deps = { ...depsOf(sim), due: { send: async (messages: Outgoing[]) => void sent.push(...messages) } };
    await processDueProfile(deps, { profile: user('u'), at: dueAt });
    expect(sent).toEqual([]);
    // The wait is so short that it is worth waiting for.
    sim.now = dueAt - 10_000;
    await processDueProfile(deps, { profile: user('u'), at: dueAt });
    expect(sent).toEqual([{ body: { profile: user('u'), at: dueAt }, delaySeconds: 10 }]);
    expect(await profilesOf(sim).readActivity(user('u'))).toEqual(before);
    sim.now = dueAt;
    await processDueProfile(deps, { profile: user('u'), at: dueAt });
    expect((await profilesOf(sim).readActivity(user('u')))?.version).toBe(Number(before?.version) + 1);
  });
});

describe('moving items', () => {
  it('takes nothing away before it lies under who is fenced by nobody', async () => {
    const history = new Script('group')
      .track('anonymous', 'x', 0, 'Looked')
      .track('user', 't', 0, 'Looked')
      .track('user', 'u', 0, 'Looked');
    const sim = await processed(history, 1);
    const profiles = profilesOf(sim);
    const deps = depsOf(sim);
    const [x, t, u] = [visitor('x'), user('t'), user('u')];
    await fence(deps, x, t);
    let isFenced = false;
    // It stalls after reading a page, while its target is merged into another profile, whose own move passes.
    const putItems: typeof profiles.putItems = async (key, items) => {
      if (key === t && !isFenced) {
        isFenced = true;
        await fence(deps, t, u);
        await complete(deps, t);
      }
      await profiles.putItems(key, items);
    };
    await moveItems({ ...deps, profiles: { ...deps.profiles, putItems } }, x);
    expect(isFenced).toBe(true);
    expect((await profiles.history(u, { from: 0 })).events).toHaveLength(3);
    for (const key of [x, t]) expect((await profiles.history(key, { from: 0 })).events).toEqual([]);
  });
});

describe('what comes for a profile that was merged', () => {
  it('goes to the survivor only when the fold is complete', async () => {
    const history = new Script('group').track('anonymous', 'x', 0, 'Product Added', { cart: 'a' }).identify('u', 0);
    const sim = await processed(history, 0.5);
    const profiles = profilesOf(sim);
    const [x, u] = [visitor('x'), user('u')];
    await fence(depsOf(sim), x, u);
    const seen: unknown[] = [];
    const events = {
      async send(messages: Outgoing[]) {
        for (const { group } of messages) {
          const runs = Object.keys((await profiles.readActivity(u))?.openRuns ?? {});
          seen.push({ group, runs, done: (await profiles.readActivity(x))?.done });
        }
      },
    };
    const order = { id: 'order', type: 'track', name: 'Order Completed', properties: { cart: 'a' } } as const;
    const sent = { ...order, at: sim.now, receivedAt: sim.now, index: 0, key: 'server' } as const;
    await processEvents({ ...depsOf(sim), events }, { profile: x, events: [sent] }, {
      attributes: { MessageGroupId: x },
    } as never);
    expect(seen).toEqual([{ group: u, runs: ['cart#a'], done: true }]);
  });
});

describe('a fold', () => {
  it('is made once, though another completes the merge and the survivor forgets it between two reads', async () => {
    const sim = await processed(new Script('group').track('anonymous', 'x', 0, 'Looked').identify('u', 0), 0.5);
    const [x, u] = [visitor('x'), user('u')];
    const deps = depsOf(sim);
    await fence(deps, x, u);
    let isNext = false;
    const between = async () => {
      if (!isNext) return;
      isNext = false;
      await complete(depsOf(sim), x);
      const looked = {
        id: 'looked',
        type: 'track',
        name: 'Looked',
        at: sim.now,
        receivedAt: sim.now,
        index: 0,
      } as const;
      await processEvents(depsOf(sim), { profile: u, events: [{ ...looked, key: 'server' }] }, {
        attributes: { MessageGroupId: u },
      } as never);
    };
    const followed =
      <Args extends unknown[], Answer>(read: (...args: Args) => Promise<Answer>) =>
      async (...args: Args) => {
        const answer = await read(...args);
        await between();
        return answer;
      };
    const { profiles } = deps;
    const slow: typeof profiles = {
      ...profiles,
      query: followed(profiles.query),
      readActivity: followed(profiles.readActivity),
      // The last call before the merge's commit.
      fence: async (...args) => {
        isNext = args[1] === 'sends';
        return profiles.fence(...args);
      },
    };
    await complete({ ...deps, profiles: slow }, x);
    const { ids = [], mergedFrom } = (await profiles.readActivity(u)) ?? {};
    expect(new Set(ids).size).toBe(ids.length);
    expect(mergedFrom).toEqual([]);
  });

  it.each(['visitor', 'user'])('closes no run for one that the %s has ended just before', async (older) => {
    const [first, second] = older === 'visitor' ? (['x', 'u'] as const) : (['u', 'x'] as const);
    const kindOf = (id: 'x' | 'u') => (id === 'x' ? 'anonymous' : 'user');
    const history = new Script('group')
      .track(kindOf(first), first, 0, 'Asked', { topic: 'a' })
      .track(kindOf(second), second, 0.1, 'Asked', { topic: 'a' });
    const sim = await processed(history, 0.5);
    const profiles = profilesOf(sim);
    const keyOf = (id: 'x' | 'u') => (id === 'x' ? visitor('x') : user('u'));
    const entryOf = async (id: 'x' | 'u') => (await profiles.readActivity(keyOf(id)))?.openRuns['ask#a']?.entry ?? '';
    const { runs } = sim.stores(new Invocation());
    const stays = await entryOf(second);
    // Its profile has not processed this yet.
    await runs.close(await entryOf(first), 'exited', sim.now);
    await fence(depsOf(sim), visitor('x'), user('u'));
    await complete(depsOf(sim), visitor('x'));
    expect((await runs.get(stays))?.status).toBe('open');
    expect(await entryOf('u')).toBe(stays);
  });

  it('is remembered until the merge is complete, whatever the survivor commits meanwhile', async () => {
    const history = new Script('group').track('anonymous', 'x', 0, 'Looked').track('user', 'u', 0, 'Looked');
    const sim = await processed(history, 0.5);
    const profiles = profilesOf(sim);
    const [x, u] = [visitor('x'), user('u')];
    const deps = depsOf(sim);
    await fence(deps, x, u);
    const dying = { ...deps.profiles, movableItems: () => Promise.reject(new Error('dead')) };
    await expect(complete({ ...deps, profiles: dying }, x)).rejects.toThrow('dead');
    const looked = { id: 'looked', type: 'track', name: 'Looked', at: sim.now, receivedAt: sim.now, index: 0 } as const;
    await processEvents(deps, { profile: u, events: [{ ...looked, key: 'server' }] }, {
      attributes: { MessageGroupId: u },
    } as never);
    await complete(deps, x);
    const { ids = [] } = (await profiles.readActivity(u)) ?? {};
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(3);
  });

  it('stops the run that it has closed, though who closed it died', async () => {
    const history = new Script('group').track('anonymous', 'x', 0, 'Complained').track('user', 'u', 0.1, 'Complained');
    const sim = await processed(history, 0.5);
    const [x, u] = [visitor('x'), user('u')];
    const deps = depsOf(sim);
    const closed = (await profilesOf(sim).readActivity(u))?.openRuns.service?.entry;
    await fence(deps, x, u);
    const dead = { send: async (all: Outgoing[]) => (all.length > 0 ? Promise.reject(new Error('dead')) : undefined) };
    await expect(complete({ ...deps, stopExecutions: dead }, x)).rejects.toThrow('dead');
    expect(await deps.runs.get(closed ?? '')).toMatchObject({ status: 'closed', reason: 'merged' });
    const stopped: unknown[] = [];
    const stopExecutions = { send: async (all: Outgoing[]) => void stopped.push(...all.map(({ body }) => body)) };
    await complete({ ...deps, stopExecutions }, x);
    expect(stopped).toEqual([{ entry: closed }]);
  });

  it('of one who had been folded into a profile that is being merged itself comes after that profile’s', async () => {
    const history = new Script('group')
      .track('anonymous', 'x', 0, 'Looked')
      .track('user', 'u', 0, 'Looked')
      .track('user', 'v', 0, 'Looked');
    const sim = await processed(history, 0.5);
    const profiles = profilesOf(sim);
    const [x, u, v] = [visitor('x'), user('u'), user('v')];
    const deps = depsOf(sim);
    await fence(deps, x, u);
    // It dies between its commit and its completion.
    const dying = { ...deps.profiles, movableItems: () => Promise.reject(new Error('dead')) };
    await expect(complete({ ...deps, profiles: dying }, x)).rejects.toThrow('dead');
    await fence(deps, u, v);
    await complete(deps, x);
    const { ids = [], mergedFrom } = (await profiles.readActivity(v)) ?? {};
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(3);
    expect(new Set(mergedFrom)).toEqual(new Set([x, u]));
    for (const key of [x, u]) expect(await profiles.readActivity(key)).toMatchObject({ done: true });
  });
});

describe('a feature that a new rule asks for', () => {
  const evaluated = async (sim: Sim) => {
    sim.rules.snapshot = CHANGES.keen(sim.rules.snapshot);
    await processDueProfile(depsOf(sim), { profile: user('u'), at: sim.now, touch: true });
    return (await profilesOf(sim).readActivity(user('u')))?.tags;
  };

  it('counts what a merged profile has brought along, though it lies there still', async () => {
    const history = new Script('group')
      .track('anonymous', 'x', 0, 'Product Added', { cart: 'a' })
      .track('anonymous', 'x', 0.1, 'Product Added', { cart: 'b' })
      .track('user', 'u', 0, 'Product Added', { cart: 'c' });
    const sim = await processed(history, 0.5);
    const deps = depsOf(sim);
    await fence(deps, visitor('x'), user('u'));
    const dying = { ...deps.profiles, movableItems: () => Promise.reject(new Error('dead')) };
    await expect(complete({ ...deps, profiles: dying }, visitor('x'))).rejects.toThrow('dead');
    expect(await evaluated(sim)).toHaveProperty('keen');
  });

  it('counts events whose ids are no longer among the latest', async () => {
    const many = (from: number, name: string, count: number) =>
      Array.from({ length: count }, (_, n): [number, string] => [from + n / 10_000, name]);
    const history = new Script('group')
      .batch('user', 'u', 0.1, many(0, 'Product Added', 3))
      .batch('user', 'u', 0.2, many(0.1, 'Looked', 150))
      .batch('user', 'u', 0.3, many(0.2, 'Looked', 150));
    const sim = await processed(history, 0.5);
    expect(await evaluated(sim)).toHaveProperty('keen');
  });
});

describe('a time-out', () => {
  it('is no time-out where a tag has turned, though its run has not been processed', async () => {
    const history = new Script('group').identify('u', 0).track('user', 'u', 0.1, 'Applied');
    const sim = await processed(history, 2);
    const profiles = profilesOf(sim);
    const deps = depsOf(sim);
    const vip = { ...manualTagEvent('vip', true, 'api', 'vip', sim.now), receivedAt: sim.now };
    // The executor dies after its commit and before its effects.
    const runs = { ...deps.runs, claim: () => Promise.reject(new Error('dead')) };
    const tagged = processEvents({ ...deps, runs }, { profile: user('u'), events: [vip] }, {
      attributes: { MessageGroupId: user('u') },
    } as never);
    await expect(tagged).rejects.toThrow('dead');
    expect((await profiles.readActivity(user('u')))?.tags).toHaveProperty('vip');
    await sim.advance(START + 3 * HOUR);
    const [item] = (await sim.tables.all(TABLES.runs)).filter(({ sk }) => sk === 'RUN');
    const run = await deps.runs.get(String(item?.pk).slice('RUN#'.length));
    expect(Object.keys(run?.visits ?? {})).toContain('in');
  });
});

it('a time-out that was claimed by one who died is none where an event came before', async () => {
  const history = new Script('group').track('user', 'u', 0, 'Asked', { topic: 'a' });
  const sim = await processed(history, 1);
  const deps = depsOf(sim);
  const entry = (await profilesOf(sim).readActivity(user('u')))?.openRuns['ask#a']?.entry ?? '';
  const replied = {
    id: 'replied',
    type: 'track',
    name: 'Replied',
    at: sim.now,
    receivedAt: sim.now,
    index: 0,
  } as const;
  // The executor dies between its commit and the claim.
  const runs = { ...deps.runs, claim: () => Promise.reject(new Error('dead')) };
  const answered = processEvents({ ...deps, runs }, { profile: user('u'), events: [{ ...replied, key: 'server' }] }, {
    attributes: { MessageGroupId: user('u') },
  } as never);
  await expect(answered).rejects.toThrow('dead');
  const { leg = 0, step: n = 0 } = (await deps.runs.get(entry)) ?? {};
  const enteredAt = new Date(START + 2 * HOUR).toISOString();
  const input = { entry, leg, n, stop: 'reply', cause: 'timeout', enteredAt } as const;
  sim.now = START + 2 * HOUR;
  const advance = sim.runDeps(new Invocation());
  const dying = { ...advance.profiles, history: () => Promise.reject(new Error('dead')) };
  await expect(advanceRun({ ...advance, profiles: dying }, input)).rejects.toThrow('dead');
  expect((await deps.runs.get(entry))?.claim).toMatchObject({ by: 'timeout' });
  await advanceRun(advance, input);
  expect(Object.keys((await deps.runs.get(entry))?.visits ?? {})).toContain('yes');
});

describe('rules that are newer than an instance knows', () => {
  /** An instance whose copy of the pointer names the rules as they were before a change. */
  async function behind() {
    const history = new Script('group').track('user', 'u', 0, 'Order Completed', { cart: 'a' });
    const sim = await processed(history, 1);
    const deps = depsOf(sim);
    const older = sim.rules.snapshot;
    sim.rules.snapshot = CHANGES.keen(older);
    const snapshot: typeof deps.catalog.snapshot = async ({ version = 0, since = 0 } = {}) => ({
      snapshot: version > older.version || since > sim.now ? sim.rules.snapshot : older,
      pointer: sim.rules.pointer,
    });
    const evaluatedBy = async () => (await profilesOf(sim).readActivity(user('u')))?.snapshotOf;
    return { sim, deps: { ...deps, catalog: { ...deps.catalog, snapshot } }, evaluatedBy };
  }

  it('are those that a change of rules asks for', async () => {
    const { sim, deps, evaluatedBy } = await behind();
    await processDueProfile(deps, { profile: user('u'), at: sim.now, touch: true });
    expect(await evaluatedBy()).toBe(sim.rules.snapshot.version);
  });

  it('are those that the profile was evaluated by before', async () => {
    const { sim, deps, evaluatedBy } = await behind();
    await processDueProfile(depsOf(sim), { profile: user('u'), at: sim.now, touch: true });
    sim.now = Number((await profilesOf(sim).readActivity(user('u')))?.dueAt);
    const before = (await profilesOf(sim).readActivity(user('u')))?.version;
    await processDueProfile(deps, { profile: user('u'), at: sim.now });
    expect((await profilesOf(sim).readActivity(user('u')))?.version).toBe(Number(before) + 1);
    expect(await evaluatedBy()).toBe(sim.rules.snapshot.version);
  });
});

describe('an alias', () => {
  it('fences nobody outside the group of aliases, where it could close a circle', async () => {
    const sim = await processed(new Script('group').identify('u', 0).identify('v', 0), 0.5);
    const alias = { id: 'alias', type: 'alias', from: { kind: 'either', id: 'group-u' } } as const;
    const sent = { ...alias, at: sim.now, receivedAt: sim.now, index: 0, key: 'server' } as const;
    await processEvents(depsOf(sim), { profile: user('v'), events: [sent] }, {
      attributes: { MessageGroupId: user('v') },
    } as never);
    expect((await profilesOf(sim).readActivity(user('u')))?.mergedInto).toBeUndefined();
  });

  /** The profile `u` has counted an alias, and is merged into `v` since; the merge is not completed. */
  async function counted() {
    const sim = await processed(new Script('group').identify('u', 0).identify('v', 0), 0.5);
    const alias = { id: 'alias', type: 'alias', from: { kind: 'either', id: 'group-old' } } as const;
    const sent = { ...alias, at: sim.now, receivedAt: sim.now, index: 0, key: 'server' } as const;
    const queued: Outgoing[] = [];
    const deps = { ...depsOf(sim), events: { send: async (messages: Outgoing[]) => void queued.push(...messages) } };
    const process = (message: EventsMessage, group: string) =>
      processEvents(deps, message, { attributes: { MessageGroupId: group } } as never);
    await process({ profile: user('u'), events: [sent] }, user('u'));
    await fence(deps, user('u'), user('v'));
    const timesCounted = async () => {
      await complete(deps, user('u'));
      const { ids = [] } = (await profilesOf(sim).readActivity(user('v'))) ?? {};
      return ids.filter((id) => id === shortHash('alias')).length;
    };
    return { sim, deps, sent, queued, process, timesCounted };
  }

  it('that a profile on its way has counted is not counted again, wherever it is delivered', async () => {
    const { sent, queued, process, timesCounted } = await counted();
    await process({ profile: user('u'), events: [sent] }, ALIAS_GROUP);
    expect(queued.map(({ body, group }) => ({ body, group }))).toEqual([
      { body: { profile: user('v'), events: [sent], after: user('u') }, group: user('v') },
    ]);
    for (const { body, group = '' } of queued.splice(0)) await process(body as EventsMessage, group);
    expect(await timesCounted()).toBe(1);
  });

  it('whose survivor is merged while it waits remembers the first profile of its way', async () => {
    const { sim, deps, sent, queued, process } = await counted();
    await process({ profile: user('v'), events: [sent], after: user('u') }, user('v'));
    await fence(deps, user('v'), user('w'));
    await process({ profile: user('v'), events: [{ ...sent, id: 'another' }], after: user('u') }, user('v'));
    expect(queued).toMatchObject([{ group: ALIAS_GROUP, body: { profile: user('w'), after: user('u') } }]);
    expect((await profilesOf(sim).readActivity(user('u')))?.done).toBe(true);
  });
});

it('what a commit has left undone is done before the next commit', async () => {
  const sim = await processed(new Script('group').track('user', 'u', 0, 'Order Completed', { cart: 'a' }), 1);
  const membership = async () =>
    (await sim.tables.all(TABLES.profiles)).find(({ sk }) => sk === 'TAG#buyer')?.member !== undefined;
  const dueAt = Number((await profilesOf(sim).readActivity(user('u')))?.dueAt);
  sim.now = dueAt;
  const deps = depsOf(sim);
  const dying = { ...deps.profiles, setMember: () => Promise.reject(new Error('dead')) };
  const due = processDueProfile({ ...deps, profiles: dying }, { profile: user('u'), at: dueAt });
  await expect(due).rejects.toThrow('dead');
  expect(await membership()).toBe(true);
  const looked = { id: 'looked', type: 'track', name: 'Looked', at: sim.now, receivedAt: sim.now, index: 0 } as const;
  await processEvents(deps, { profile: user('u'), events: [{ ...looked, key: 'server' }] }, {
    attributes: { MessageGroupId: user('u') },
  } as never);
  expect(await membership()).toBe(false);
});

describe('a journey that is triggered as it goes live', () => {
  /** An instance that has just read the pointer. */
  async function behind() {
    const sim = await processed(new Script('group').identify('u', 0), 0.5);
    const deps = depsOf(sim);
    const { journeys } = sim.rules.snapshot;
    const older = { ...sim.rules.snapshot, journeys: journeys.filter(({ id }) => id !== 'ask') };
    const snapshot: typeof deps.catalog.snapshot = async ({ since = 0 } = {}) => ({
      snapshot: since < sim.now ? older : sim.rules.snapshot,
      pointer: sim.rules.pointer,
    });
    return { sim, deps: { ...deps, catalog: { ...deps.catalog, snapshot } } };
  }
  const trigger = { profile: user('u'), journey: 'ask', key: 'a', data: {}, cause: 'call' };

  it('is entered by the call', async () => {
    const { sim, deps } = await behind();
    expect(await triggerRun(deps, trigger)).toMatchObject({ entered: true });
    expect((await profilesOf(sim).readActivity(user('u')))?.openRuns).toHaveProperty('ask#a');
  });

  it('is entered in the group', async () => {
    const { sim, deps } = await behind();
    await processEvents(deps, { profile: user('u'), events: [triggeredEvent(trigger, 'call', sim.now)] }, {
      attributes: { MessageGroupId: user('u') },
    } as never);
    expect((await profilesOf(sim).readActivity(user('u')))?.openRuns).toHaveProperty('ask#a');
  });
});
