import { describe, expect, it } from 'vitest';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { Invocation } from './faults.ts';
import { CODE, keyOf, type Name, Observed, ONE, ORDERS, World } from './merging-recipients.ts';

describe('one message goes to two recipients who were merged', () => {
  it.each(ORDERS)('before both, whichever comes first: %s, %s', async (first, second) => {
    const world = await World.begin();
    await world.merge('a', 'b');
    for (const name of [first, second, first, second]) {
      await world.deliver(world.request(name));
      await world.settle();
    }
    expect(world.handed).toEqual([world.request(first).message]);
    expect(await world.outcomes('a', 'b')).toEqual(ONE);
  });

  it.each(ORDERS)('between %s and %s', async (first, second) => {
    const world = await World.begin();
    await world.deliver(world.request(first));
    await world.merge('a', 'b');
    await world.deliver(world.request(second));
    await world.settle();
    expect(world.handed).toEqual([world.request(first).message]);
    expect(await world.outcomes('a', 'b')).toEqual(ONE);
    const { profiles } = world.sim.stores(new Invocation());
    expect(Object.keys(await profiles.readSends(keyOf('b')))).toHaveLength(1);
  });

  it.each(ORDERS)('while %s waits on its row', async (first, second) => {
    const world = await World.begin();
    world.sim.rules.pointer.campaigns = { spring: { since: world.sim.now } };
    await world.deliver(world.request(first));
    expect((await world.row(first))?.state).toBe('held');
    await world.merge('a', 'b');
    world.sim.rules.pointer.campaigns = {};
    await world.deliver(world.request(second));
    await world.deliver({ ...world.request(first), released: true });
    await world.settle();
    expect(world.handed).toEqual([world.request(second).message]);
    expect(await world.outcomes('a', 'b')).toEqual(ONE);
  });

  it('also of a transactional template, which no cap counts', async () => {
    const world = await World.begin(CODE);
    world.sim.rules.snapshot = {
      ...world.sim.rules.snapshot,
      settings: { ...world.sim.rules.snapshot.settings, caps: [{ max: 1, per: 'day' }] },
    };
    await world.deliver(world.request('a'));
    await world.merge('a', 'b');
    await world.deliver(world.request('b'));
    await world.deliver(world.request('c'));
    expect(await world.outcomes('a', 'b')).toEqual(ONE);
    const other = { ...world.request('a'), message: 'api', source: { kind: 'api', id: 'shop' } as const };
    await world.deliver(other);
    expect(world.handed).toHaveLength(3);
  });
});

describe('whoever was sent one that bounced, or may have it, and of which a second try by hand was refused, gets no other', () => {
  it.each([
    ['as the other comes', []],
    ['as the other waits for its next try', ['temporary' as const]],
  ])('%s', async (_, answers) => {
    const world = await World.begin();
    const { messages } = world.sim.stores(new Invocation());
    await world.deliver(world.request('a'));
    await messages.receive(world.request('a').message, 'bounced', { at: world.sim.now });
    world.answers = answers;
    if (answers.length > 0) await world.deliver(world.request('b'));
    world.queue.splice(0);
    await world.deliver({ ...world.request('a'), resend: 'by hand', validUntil: world.sim.now - 1 });
    expect((await world.row('a'))?.state).toBe('suppressed');
    await world.merge('a', 'b');
    const handed = world.handed.length;
    await world.deliver(world.request('b'));
    await world.settle();
    expect(world.handed).toHaveLength(handed);
    expect(await world.row('b')).toMatchObject({ state: 'suppressed', reason: 'duplicate' });
  });
});

it('a person who gets one occurrence gets the next', async () => {
  const world = await World.begin();
  world.sim.rules.snapshot = {
    ...world.sim.rules.snapshot,
    settings: { ...world.sim.rules.snapshot.settings, caps: [] },
  };
  await world.deliver(world.request('a'));
  const next = world.request('a');
  const source = { ...(next.source as Extract<SendRequest['source'], { kind: 'campaign' }>), occurrence: 'o2' };
  await world.deliver({ ...next, message: 'second', source });
  expect(world.handed).toHaveLength(2);
});

describe('a merge that is completed before any call of the second sender', () => {
  it.each(ORDERS)('%s was handed over before, %s comes', async (first, second) => {
    let inTime = 0;
    for (let before = 1; ; before += 1) {
      const world = await World.begin();
      await world.deliver(world.request(first));
      const acting = new Observed(before, () => world.merge('a', 'b'));
      await world.deliver(world.request(second), acting);
      if (acting.made < before) break;
      await world.settle();
      const isInTime = acting.lookedAt === 0 || before <= acting.lookedAt;
      if (isInTime) inTime += 1;
      expect(world.handed.length, `before call ${before}`).toBe(isInTime ? 1 : 2);
      expect(await world.outcomes('a', 'b')).toEqual(isInTime ? ONE : ['sent', 'sent']);
    }
    expect(inTime).toBeGreaterThan(3);
  });

  it.each(ORDERS)('both were counted, neither was handed over; %s comes first', async (first, second) => {
    const deaths = new Set<string>();
    for (let kill = 1; ; kill += 1) {
      const world = await World.begin();
      for (const name of ['a', 'b'] as const) {
        const dying = new Invocation({ kill: { at: kill, carriedOut: true } });
        await world.deliver(world.request(name), dying);
        if (!dying.hasFailed) return expect(deaths).toContain('counted');
      }
      const { profiles } = world.sim.stores(new Invocation());
      const counts = Object.keys(await profiles.readSends(keyOf('a'))).length;
      const isTaken = (await world.row('a')) !== undefined;
      if (world.handed.length > 0) continue;
      if (counts > 0 && !isTaken) deaths.add('counted');
      await world.merge('a', 'b');
      world.queue.splice(0);
      await world.deliver(world.request(first));
      await world.deliver(world.request(second));
      await world.settle();
      expect(world.handed.length, `at ${kill}`).toBe(isTaken ? 0 : 1);
      // What a lost sender had taken may have been handed over.
      expect(await world.outcomes('a', 'b')).toEqual(isTaken ? expect.arrayContaining(['unknown']) : ONE);
    }
  });

  it.each(ORDERS)('both wait for their next try; %s comes first', async (first, second) => {
    const world = await World.begin();
    world.answers = ['temporary', 'temporary'];
    await world.deliver(world.request('a'));
    await world.deliver(world.request('b'));
    expect(await world.outcomes('a', 'b')).toEqual(['released', 'released']);
    await world.merge('a', 'b');
    const waiting = Object.fromEntries(world.queue.map(({ request }) => [request.profile, request]));
    world.queue.splice(0);
    for (const name of [first, second]) await world.deliver(waiting[keyOf(name)] as SendRequest);
    await world.settle();
    expect(world.handed).toHaveLength(1);
    expect(await world.outcomes('a', 'b')).toEqual(ONE);
  });
});

it('waits while the other one is being handed over, and goes if that one is refused', async () => {
  const world = await World.begin();
  const { messages } = world.sim.stores(new Invocation());
  // Both are counted; then one is taken, and its merge comes.
  world.answers = ['temporary', 'temporary'];
  await world.deliver(world.request('a'));
  await world.deliver(world.request('b'));
  await world.merge('a', 'b');
  world.queue.splice(0);
  const [first, second] = world.request('a').message < world.request('b').message ? ['a', 'b'] : ['b', 'a'];
  for (const [held, other] of [[first, second] as [Name, Name]]) {
    const row = await world.row(held);
    await messages.take({ ...row, id: row?.id } as never, 'other', world.sim.now, world.sim.now + 60_000);
    await world.deliver(world.request(other));
    expect(world.queue.map(({ readyAt }) => readyAt)).toEqual([world.sim.now + 60_000]);
    await messages.giveUp({ id: world.request(held).message }, 'other', 'failed', 'provider-permanent', world.sim.now);
    await world.settle();
  }
  expect(world.handed).toHaveLength(1);
});
