import { randomBytes } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { ALIAS_GROUP, type EventsMessage } from '../../core/events/event.ts';
import { type ProfileKey, profileKeyOfUser, shortHash } from '../../core/ids.ts';
import { counterOf } from '../../core/metrics/buckets.ts';
import { type Activity, type Effect, emptyActivity } from '../../core/profiles/activity.ts';
import { sendKeyOf } from '../../core/profiles/counted-sends.ts';
import type { Outgoing } from '../../engine/ports.ts';
import { fence } from '../../engine/profiles/merges/fence.ts';
import { complete } from '../../engine/profiles/merges/merge.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { CLEAN, inMemory, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { MemoryTables } from './memory.ts';
import { HOUR, type Post, Script, START } from './script.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

const script = new Script('limits');
const keyOf = (id: string): ProfileKey => profileKeyOfUser(`limits-${id}`);

async function processed(posts: readonly Post[], hours: number): Promise<Sim> {
  const sim = simulation(inMemory);
  for (const { at, message, group } of posts.toSorted((a, b) => a.at - b.at)) {
    if (at > sim.now) await sim.advance(at, false);
    if (message) sim.ingest(message, group);
  }
  await sim.advance(START + hours * HOUR);
  return sim;
}

const profilesOf = (sim: Sim) => profileStore(sim.tables.client, TABLES.profiles);

/** Traits that cannot be compressed. */
const traits = (count: number, bytes: number, name: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${name}${n}`, randomBytes(bytes).toString('base64')]));

/** Tags set by hand, three quarters as large as a merge may be. */
const manyTags = (of: string): Activity['tags'] =>
  Object.fromEntries(
    Array.from({ length: 4_500 }, (_, n) => [
      `${of}${n}${randomBytes(28).toString('hex')}`,
      { since: START, by: 'api' as const },
    ]),
  );

describe('merges', () => {
  const names = Array.from({ length: 121 }, (_, n) => `chain-${n}`);
  const end = keyOf(names.at(-1) ?? '');
  const chained = () => {
    const history = new Script('limits');
    for (const name of names) history.identify(name, 0);
    for (const [n, name] of names.entries()) {
      const next = names[n + 1];
      if (next !== undefined) history.alias(name, next, 1);
    }
    return history;
  };

  it('lead to the end within few steps, however many are each the next, and the last one knows them all', async () => {
    const sim = await processed(chained().posts, 2);
    const profiles = profilesOf(sim);
    for (const name of names.slice(0, -1)) {
      expect(await profiles.readActivity(keyOf(name))).toMatchObject({ done: true });
      let at = keyOf(name);
      for (let steps = 0; at !== end; steps += 1) {
        expect(steps).toBeLessThan(20);
        at = (await profiles.readActivity(at))?.mergedInto ?? 'nowhere';
      }
    }
    const tree = await profiles.mergedTree(end);
    expect(tree.map(({ key }) => key).toSorted()).toEqual(names.slice(0, -1).map(keyOf).toSorted());
    expect(Math.max(...tree.map(({ levels }) => levels))).toBeLessThanOrEqual(16);
    const rows = (await sim.tables.all(TABLES.profiles)).filter(({ sk }) => String(sk).startsWith('MERGED#'));
    expect(rows).toHaveLength(tree.length);
    const listed = await profiles.mergedKeys(end);
    expect(listed.more).toBe(true);
    expect(listed.keys).toHaveLength(100);
  });

  it('move no names that need not move', async () => {
    const memory = new MemoryTables((_table, _before, after) => {
      if (String(after?.sk).startsWith('MERGED#')) named += 1;
      if (after?.sk === '#ACTIVITY' && after.done === true) done += 1;
    });
    let [named, done] = [0, 0];
    const sim = simulation(() => ({ client: memory.client, all: (table) => memory.all(table) }));
    for (const { at, message, group } of chained().posts) {
      if (at > sim.now) await sim.advance(at, false);
      if (message) sim.ingest(message, group);
    }
    await sim.advance(START + 2 * HOUR);
    // If each of the 120 merges moved all profiles that were merged before, there would be over 7,000.
    expect(named).toBeLessThan(1_000);
    expect(done).toBeLessThan(1_000);
  });

  it('and what comes for the first of them goes to the last in one message', async () => {
    const sim = await processed(chained().posts, 2);
    const sent: Outgoing[] = [];
    const deps = {
      ...sim.profileDeps(new Invocation()),
      events: { send: async (messages: Outgoing[]) => void sent.push(...messages) },
    };
    const looked = { id: 'looked', type: 'track', name: 'Looked', key: 'server', index: 0 } as const;
    const first = keyOf(names[0] ?? '');
    await processEvents(deps, { profile: first, events: [{ ...looked, at: sim.now, receivedAt: sim.now }] }, {
      attributes: { MessageGroupId: first },
    } as never);
    expect(sent.map(({ group }) => group)).toEqual([end]);
    expect(await profilesOf(sim).readActivity(first)).toMatchObject({ mergedInto: end });
  });

  it('let the alias of a survivor that was merged wait behind the other aliases, and count after the merge', async () => {
    const sim = simulation(inMemory);
    const profiles = profilesOf(sim);
    const sent: Outgoing[] = [];
    const deps = {
      ...sim.profileDeps(new Invocation()),
      events: { send: async (messages: Outgoing[]) => void sent.push(...messages) },
    };
    const tag = (group: string, message: unknown) =>
      processEvents(deps, message as EventsMessage, { attributes: { MessageGroupId: group } } as never);
    const [second, last] = [keyOf('second'), keyOf('last')];
    const script = new Script('limits').identify('first', 0).identify('second', 0).identify('last', 0);
    for (const { message } of script.posts) await tag(message?.profile ?? '', message);
    const alias = script.alias('first', 'second', 0).posts.at(-1)?.message;
    // The next alias has fenced the survivor of this one since, but has not merged it yet.
    await fence(deps, second, last);
    await tag(second, { ...alias, profile: second, then: undefined });
    expect(sent).toMatchObject([{ group: ALIAS_GROUP, body: { profile: last, after: second } }]);
    expect((await profiles.readActivity(second))?.done).toBeUndefined();
    await tag(ALIAS_GROUP, sent.pop()?.body);
    expect(sent).toMatchObject([{ group: last, body: { profile: last, after: second } }]);
    await tag(last, sent.pop()?.body);
    expect(sent).toEqual([]);
    expect(await profiles.readActivity(second)).toMatchObject({ done: true, mergedInto: last });
    expect((await profiles.readActivity(last))?.ids).toContain(shortHash(alias?.events[0]?.id ?? ''));
  });

  it('carry each alias of a chain through few messages, whatever meets', async () => {
    const links = names.slice(0, 40);
    for (const seed of [1, 2, 3]) {
      const script = new Script('limits');
      for (const name of links) script.identify(name, 0);
      for (const [n, name] of links.slice(1).entries()) script.alias(links[n] ?? '', name, 1);
      const sim = simulation(inMemory, seed, { ...CLEAN, order: 'any', concurrent: 20 });
      for (const { at, message, group } of script.posts) {
        if (at > sim.now) await sim.advance(at, false);
        if (message) sim.ingest(message, group);
      }
      await sim.advance(START + 2 * HOUR);
      const aliases = sim.carried.filter(({ events }) => events.some(({ type }) => type === 'alias'));
      const counts = Object.values(Object.groupBy(aliases, ({ events }) => events[0]?.id ?? ''));
      expect(counts).toHaveLength(39);
      // Lambda stops a chain of 16 invocations.
      expect(Math.max(...counts.map((of) => of?.length ?? 0))).toBeLessThanOrEqual(5);
      expect(aliases.length).toBeLessThan(130);
    }
  });

  it('lose no name, and lead all to the survivor, when one dies between two pages of them', async () => {
    const chain = Array.from({ length: 17 }, (_, n) => `k${n}`);
    const others = Array.from({ length: 150 }, (_, n) => `o${n}`);
    const named = (key: string, levels = 0) => ({ kind: 'merged', key, levels }) as const;
    for (const dies of [1, 2, 3]) {
      const sim = simulation(inMemory);
      const profiles = profilesOf(sim);
      for (const [n, key] of chain.entries()) await profiles.putItems(chain[n - 1] ?? 'x', [named(key, 16 - n)]);
      await profiles.putItems(
        'x',
        others.map((key) => named(key)),
      );
      await profiles.updateProfile('x', undefined, {
        identity: { kind: 'user', id: 'x' },
        pv: 1,
        traits: {},
        addresses: {},
      });
      await profiles.commitActivity('x', undefined, { ...emptyActivity(), version: 1 });
      for (const key of chain)
        await profiles.commitActivity(key, undefined, { ...emptyActivity(), version: 1, mergedInto: 'x', done: true });
      await profiles.fenceActivity('x', 'u', sim.now, await profiles.readActivity('x'));
      const deps = sim.profileDeps(new Invocation());
      let puts = 0;
      const putItems: typeof profiles.putItems = async (...page) => {
        if (puts++ === dies) throw new Error('died');
        await profiles.putItems(...page);
      };
      const dying = { ...deps, profiles: { ...deps.profiles, putItems } };
      await expect(complete(dying, 'x')).rejects.toThrow('died');
      await complete(deps, 'x');
      const known = (await profiles.mergedTree('u')).map(({ key }) => key);
      expect(known.toSorted()).toEqual(['x', ...chain, ...others].toSorted());
      // Nobody walks by way of x any more.
      for (const key of chain) expect(await profiles.readActivity(key)).toMatchObject({ mergedInto: 'u', done: true });
    }
  });

  it('that an item could not hold are refused, and hold up no other', async () => {
    const { posts } = new Script('limits')
      .identify('a', 0)
      .identify('b', 0)
      .identify('c', 0)
      .identify('d', 0)
      .alias('a', 'b', 1)
      .alias('c', 'd', 1)
      .track('user', 'a', 1.1, 'Product Added', { cart: 'a' });
    const sim = simulation(inMemory);
    for (const { message, group } of posts.slice(0, 4)) if (message) sim.ingest(message, group);
    await sim.advance(START + 0.5 * HOUR);
    const profiles = profilesOf(sim);
    for (const id of ['a', 'b']) {
      const activity = await profiles.readActivity(keyOf(id));
      if (activity === undefined) throw new Error(`${id} has no activity`);
      await profiles.commitActivity(keyOf(id), activity.version, {
        ...activity,
        version: activity.version + 1,
        // Counts as evaluated again, or the invariants would object that nothing has happened to it.
        arrivalsOf: (activity.arrivalsOf ?? 0) + 1,
        tags: manyTags(id),
      });
    }
    for (const { at, message, group } of posts.slice(4)) {
      if (at > sim.now) await sim.advance(at, false);
      if (message) sim.ingest(message, group);
    }
    await sim.advance(START + 2 * HOUR);
    expect((await profiles.readActivity(keyOf('a')))?.mergedInto).toBeUndefined();
    for (const [id, other] of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const) {
      const processed = (await profiles.readProfile(keyOf(id)))?.warnings;
      expect(processed).toMatchObject([{ code: 'merge-refused', about: `limits-${other}` }]);
    }
    expect((await profiles.home(keyOf('a'))).activity?.openRuns).toHaveProperty('cart#a');
    expect((await profiles.home(keyOf('c'))).key).toBe(keyOf('d'));
    const counts = sim.published.map(counterOf).filter((name) => /merge/.test(name));
    expect(Object.keys(Object.groupBy(counts, (name) => name)).toSorted()).toEqual([
      'dropped:merge',
      'merge-refused',
      `merged:${keyOf('d')}`,
    ]);
  });

  it('keep the traits for which there is room', async () => {
    const history = new Script('limits')
      .identify('a', 0, traits(10, 12_000, 'a'))
      .identify('b', 0, traits(10, 12_000, 'b'))
      .alias('a', 'b', 1);
    const { key, profile } = await profilesOf(await processed(history.posts, 2)).home(keyOf('a'));
    expect(key).toBe(keyOf('b'));
    expect(Object.keys(profile?.traits ?? {}).filter((name) => name.startsWith('b'))).toHaveLength(10);
    expect(profile?.warnings).toContainEqual(expect.objectContaining({ code: 'trait-not-kept' }));
  });
});

describe('a fence', () => {
  const NAME_OF = { CONSENT: 'consents', '#SENDS': 'sends', '#PROFILE': 'profile' } as const;
  /** Tables in which a merge of x into u comes between a read and the write of this item. */
  function fencedBefore(sk: 'CONSENT' | '#SENDS' | '#PROFILE') {
    const { client } = new MemoryTables();
    const profiles = profileStore(client, TABLES.profiles);
    const send = async (command: {
      constructor: { name: string };
      input: { Item?: { sk?: unknown; pk?: unknown } };
    }) => {
      const { Item } = command.input;
      if (command.constructor.name === 'PutCommand' && Item?.pk === 'x' && Item.sk === sk) {
        await profiles.fenceActivity('x', 'u', START, await profiles.readActivity('x'));
        await profiles.fence('x', NAME_OF[sk], 'u');
      }
      return client.send(command as never);
    };
    // The adapters use nothing of a client but `send`.
    return { profiles, slow: profileStore({ send } as unknown as typeof client, TABLES.profiles) };
  }
  const no = { granted: false, at: START, source: 'stop' as const };

  it('keeps consent from whoever read it before: a no goes to the survivor', async () => {
    const { profiles, slow } = fencedBefore('CONSENT');
    await profiles.addConsents('x', [], () => ({}));
    await slow.addConsents('x', [{ key: 'sms', entry: no }], () => ({ sms: no }));
    expect((await profiles.query('u')).consents).toEqual({ sms: no });
    expect((await profiles.query('x')).consents).toEqual({});
  });

  it('keeps traits from whoever read the profile before: the write is refused, and begins again', async () => {
    const { profiles, slow } = fencedBefore('#PROFILE');
    const before = { identity: { kind: 'user', id: 'x' }, pv: 1, traits: {}, addresses: {} } as const;
    await profiles.updateProfile('x', undefined, before);
    const traits = { city: { value: 'Wuxi', ts: START, by: 'm' } };
    expect(await slow.updateProfile('x', before, { ...before, pv: 2, traits })).toBe(false);
    expect((await profiles.readProfile('x'))?.traits).toEqual({});
  });

  it('keeps a fold from a profile that is folded itself', async () => {
    const { profiles, slow } = fencedBefore('CONSENT');
    await profiles.addConsents('x', [], () => ({}));
    expect(await slow.foldInto('x', 'consents', () => ({ sms: no }))).toBe(false);
    expect((await profiles.query('x')).consents).toEqual({});
  });

  it('keeps counted sends from whoever read them before: they count for the survivor', async () => {
    const { profiles, slow } = fencedBefore('#SENDS');
    const counted = { [sendKeyOf('m')]: { at: START, channel: 'sms' as const } };
    await profiles.changeSends('x', () => ({}));
    await slow.changeSends('x', () => counted);
    expect(await profiles.readSends('u')).toEqual(counted);
  });
});

describe('effects', () => {
  it('that their own content makes impossible are dropped, and the next event counts', async () => {
    const history = script
      .track('user', 'redeemer', 0, 'Coupon Redeemed', { code: 'c'.repeat(1_020) })
      .track('user', 'redeemer', 0.1, 'Product Added', { cart: 'k'.repeat(2_000) })
      .track('user', 'redeemer', 0.2, 'Order Completed', { cart: 'k'.repeat(2_000) })
      .track('user', 'redeemer', 0.3, 'Subscribed');
    const sim = await processed(history.posts, 0.4);
    const { activity } = await profilesOf(sim).home(keyOf('redeemer'));
    expect(Object.keys(activity?.openRuns ?? {})).toContain('letters');
    expect(Object.keys(activity?.openRuns ?? {})).not.toContain(`cart#${'k'.repeat(2_000)}`);
  });

  it('on a run whose item is full are dropped likewise', async () => {
    const { posts } = new Script('limits')
      .track('user', 'filler', 0, 'Product Added', { cart: 'a' })
      .track('user', 'filler', 0.2, 'Order Completed', { cart: 'a' })
      .track('user', 'filler', 0.3, 'Subscribed');
    const sim = simulation(inMemory);
    for (const { at, message, group } of posts) {
      if (at > sim.now) await sim.advance(at, false);
      if (at > START) await fillRuns(sim);
      if (message) sim.ingest(message, group);
    }
    await sim.advance(START + 0.4 * HOUR);
    expect((await profilesOf(sim).home(keyOf('filler'))).activity?.openRuns).toHaveProperty('letters');
  });

  /** Fills the run items so that no update finds room. */
  async function fillRuns(sim: Sim): Promise<void> {
    for (const run of await sim.tables.all(TABLES.runs)) {
      const texts = Object.values(run).filter((value) => typeof value === 'string');
      const room = 400 * 1024 - texts.join('').length;
      if (run.journey !== 'cart' || run.filling !== undefined) continue;
      const Item = { ...run, filling: 'x'.repeat(room) };
      await sim.tables.client.send(new PutCommand({ TableName: TABLES.runs, Item }));
    }
  }

  it('are carried out however many one commit has', async () => {
    const topics = Array.from({ length: 30 }, (_, n) => `t${n}`);
    const text = randomBytes(2_500).toString('base64');
    const history = new Script('limits')
      .batch(
        'user',
        'asker',
        0,
        topics.map((topic) => [0, 'Asked', { topic, text }]),
      )
      .batch(
        'user',
        'asker',
        0.5,
        Array.from({ length: 40 }, () => [0.5, 'Hung Up', { text }]),
      );
    const sim = await processed(history.posts, 0.6);
    const runs = runStore(sim.tables.client, TABLES.runs);
    const entries = (await sim.tables.all(TABLES.runs)).map(({ pk }) => String(pk).slice('RUN#'.length));
    const ends = await Promise.all(entries.map(async (entry) => (await runs.get(entry))?.outcome));
    expect(ends).toEqual(topics.map(() => 'hung-up'));
    expect((await profilesOf(sim).home(keyOf('asker'))).activity?.openRuns).toEqual({});
  });
});

describe('effects that lie beside the item', () => {
  it('are over when a part of them has expired', async () => {
    const memory = new MemoryTables();
    const profiles = profileStore(memory.client, TABLES.profiles);
    const pending = Array.from({ length: 2_000 }, (_, n): Effect => {
      return { kind: 'touch', entry: `${n}-${randomBytes(40).toString('hex')}`, events: [] };
    });
    await profiles.commitActivity('p', undefined, { ...emptyActivity(), version: 1, pending });
    const stored = (await profiles.readActivity('p'))?.pending ?? [];
    expect(await profiles.storedEffects(stored)).toEqual(pending);
    const [part, ...others] = memory.all(TABLES.profiles).filter(({ sk }) => String(sk).startsWith('PENDING#'));
    expect(others).not.toEqual([]);
    await profiles.removeItems('p', [{ kind: 'record', id: String(part?.sk), stored: part }]);
    expect(await profiles.storedEffects(stored)).toEqual([]);
  });
});

describe('open runs', () => {
  it('have a bound: beyond it nobody enters, the profile says so, and runs that end make room', async () => {
    const cartOf = (n: number) => ({ cart: `${n}`.padEnd(255, '车') });
    const carts = Array.from({ length: 80 }, (_, n) => cartOf(n));
    const { posts } = new Script('limits')
      .batch(
        'user',
        'collector',
        0,
        carts.map((cart) => [0, 'Product Added', cart]),
      )
      .batch(
        'user',
        'collector',
        0.1,
        carts.slice(0, 30).map((cart) => [0.1, 'Order Completed', cart]),
      )
      .track('user', 'collector', 0.2, 'Product Added', cartOf(80));
    const openOf = async (count: number, hours: number) => {
      const { activity, profile } = await profilesOf(await processed(posts.slice(0, count), hours)).home(
        keyOf('collector'),
      );
      const open = Object.keys(activity?.openRuns ?? {}).filter((slot) => slot.startsWith('cart#'));
      return { open: open.length, warnings: profile?.warnings?.map(({ code, about }) => `${code}: ${about}`) };
    };
    expect(await openOf(1, 0.05)).toEqual({ open: 62, warnings: ['too-many-runs: cart'] });
    expect(await openOf(3, 0.3)).toMatchObject({ open: 33 });
  });
});

describe('a timeline', () => {
  it('is read to the newest event, of the names that are wanted', async () => {
    const profiles = profilesOf(simulation(inMemory));
    const event = (n: number, name: string) =>
      ({ id: `e${n}`, type: 'track', name, at: START + n, receivedAt: START + n, index: 0, key: 'server' }) as const;
    for (let n = 0; n < 2_300; n += 1) await profiles.putEvents('p', [event(n, n % 100 === 0 ? 'Wanted' : 'Other')]);
    const { events } = await profiles.history('p', { from: START + 50, names: new Set(['Wanted']) });
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 22 }, (_, n) => `e${(n + 1) * 100}`));
  });
});
