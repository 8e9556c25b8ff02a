import { describe, expect, it } from 'vitest';
import { byChannel } from '../../core/channels/registry.ts';
import { messageIdOfRecipient, type ProfileKey, profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { type TemplateDefinition, TemplateSchema } from '../../core/templates/schema.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { merge } from '../../engine/profiles/merges/merge.ts';
import { Acting } from './acting.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation, Killed, seeded } from './faults.ts';
import { HOUR, Script, START } from './script.ts';
import type { Sim } from './simulation.ts';

/** Recipients of one occurrence whose profiles are merged after the audience was frozen: one message goes to the person. */
const OCCURRENCE = { campaign: 'spring', occurrence: '20261130T020000Z' };
const content = { sms: { text: 'T' } };
const OFFER = TemplateSchema.parse({ class: 'marketing', topic: 'offers', content });
const CODE = TemplateSchema.parse({ class: 'transactional', content });
const FINAL = ['sent', 'suppressed', 'failed', 'unknown'];
/** Deliveries of a message that comes back this often wait for something that never comes. */
const MAX_DELIVERIES = 60;

/** Knows at which of its calls it has looked for the last time. */
class Observed extends Acting {
  lookedAt = 0;

  override client<Client extends { send: (command: never) => Promise<unknown> }>(real: Client): Client {
    const send = (command: { input?: { KeyConditionExpression?: string; ConsistentRead?: boolean } }) => {
      // The last such Query is the last look's: what was sent to the person is among it.
      if (command.input?.KeyConditionExpression !== undefined && command.input.ConsistentRead === true)
        this.lookedAt = this.made + 1;
      return this.call(() => real.send(command as never), true);
    };
    return { send } as unknown as Client;
  }
}

type Name = 'a' | 'b' | 'c';
const keyOf = (name: Name): ProfileKey => profileKeyOfUser(`merging-${name}`);

/** Three customers who are recipients, with a number and consent each. */
class World {
  readonly sim: Sim;
  readonly handed: string[] = [];
  readonly queue: { request: SendRequest; readyAt: number }[] = [];
  /** What the provider answers, one after the other; then it takes everything. */
  answers: 'temporary'[] = [];
  private readonly template: TemplateDefinition;
  private readonly at: number;

  private constructor(sim: Sim, template: TemplateDefinition) {
    this.sim = sim;
    this.template = template;
    this.at = sim.now;
  }

  static async begin(template = OFFER): Promise<World> {
    const script = new Script('merging');
    for (const name of ['a', 'b', 'c'] as const)
      script.says(name, 0, { phone: `+861380013800${name.charCodeAt(0) - 97}` }, { sms: true });
    const sim = simulation(inMemory);
    for (const { message, group } of script.posts) if (message) sim.ingest(message, group);
    await sim.advance(START + 2 * HOUR);
    return new World(sim, template);
  }

  request(name: Name): SendRequest {
    return {
      message: messageIdOfRecipient({ ...OCCURRENCE, at: this.at }, keyOf(name)),
      profile: keyOf(name),
      template: { id: 'offer', version: 1 },
      channels: ['sms'],
      source: { kind: 'campaign', id: OCCURRENCE.campaign, version: 1, occurrence: OCCURRENCE.occurrence },
      at: this.at,
      validUntil: this.at + 20 * HOUR,
      priority: 'bulk',
    };
  }

  merge(x: Name, into: Name, invocation = new Invocation()): Promise<boolean> {
    return merge(this.sim.profileDeps(invocation) as never, keyOf(x), keyOf(into));
  }

  /** One delivery; if its sender dies, the queue delivers it again. */
  async deliver(request: SendRequest, invocation = new Invocation()): Promise<void> {
    try {
      await sendMessage(this.deps(request, invocation), request);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.queue.push({ request, readyAt: this.sim.now + 30_000 });
    }
  }

  /** Delivers what is on the queue until it is empty. */
  async settle(fate: () => Invocation = () => new Invocation()): Promise<void> {
    for (let deliveries = 0; this.queue.length > 0; deliveries += 1) {
      if (deliveries === MAX_DELIVERIES) throw new Error('it never settles');
      this.queue.sort((one, other) => one.readyAt - other.readyAt);
      const next = this.queue.shift();
      if (next === undefined) return;
      this.sim.now = Math.max(this.sim.now, next.readyAt);
      await this.deliver(next.request, fate());
    }
  }

  private deps(request: SendRequest, invocation: Invocation) {
    const deps = senderDeps(this.sim, invocation, request, 'sms');
    return {
      ...deps,
      catalog: {
        ...deps.catalog,
        version: (async () => ({ definition: this.template })) as never,
      },
      provider: {
        name: 'aws-sms',
        channel: 'sms' as const,
        send: ({ message }: { message: string }) =>
          invocation.call(async () => {
            const answer = this.answers.shift();
            if (answer === 'temporary') return { kind: 'temporary', detail: 'not now' } as const;
            this.handed.push(message);
            return { kind: 'sent', providerId: 'p' } as const;
          }),
      },
      senders: byChannel(() => ({
        send: (all: { body: unknown; delaySeconds?: number }[]) =>
          invocation.call(async () => {
            for (const { body, delaySeconds = 0 } of all)
              this.queue.push({ request: body as SendRequest, readyAt: this.sim.now + delaySeconds * 1000 });
          }),
      })),
    };
  }

  async row(name: Name) {
    return this.sim.stores(new Invocation()).messages.get(this.request(name).message);
  }

  /** What became of each recipient's message, sorted. */
  async outcomes(...names: Name[]): Promise<string[]> {
    const rows = await Promise.all(names.map((name) => this.row(name)));
    return rows.map((row) => [row?.state, row?.reason].filter(Boolean).join(': ')).sort();
  }
}

const ORDERS: [Name, Name][] = [
  ['a', 'b'],
  ['b', 'a'],
];
const ONE = ['sent', 'suppressed: duplicate'];

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

describe('with a death at each call of each sender, before and after it was carried out', () => {
  for (const carriedOut of [false, true])
    for (const [first, second] of ORDERS)
      it(`${first}, ${second}; ${carriedOut ? 'after' : 'before'}`, async () => {
        for (let at = 1; ; at += 1) {
          let began = 0;
          const world = await World.begin();
          if (at % 2 === 0) await world.merge('a', 'b');
          const dying = new Observed(0, async () => {});
          const killed = new Invocation({ kill: { at: Math.ceil(at / 2), carriedOut } });
          await world.deliver(world.request(first), killed);
          if (at % 2 === 1) await world.merge('a', 'b');
          const again = new Invocation({ kill: { at: Math.ceil(at / 2), carriedOut } });
          await world.deliver(world.request(second), again);
          await world.settle(() => {
            began += 1;
            return new Invocation();
          });
          await world.deliver(world.request(first), dying);
          await world.settle();
          // A sender that dies around the provider's answer leaves it unknown: it may have been handed over.
          expect(world.handed.length, `at ${at}`).toBeLessThanOrEqual(1);
          const outcomes = await world.outcomes('a', 'b');
          expect([ONE, ['suppressed: duplicate', 'unknown']], `at ${at}`).toContainEqual(outcomes);
          if (!killed.hasFailed && !again.hasFailed) {
            expect(began).toBe(0);
            break;
          }
        }
      });
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

describe('chains of merges, in any order, with deaths of senders and of merges at any call', () => {
  it.each(Array.from({ length: 40 }, (_, index) => index + 1))('seed %i', async (seed) => {
    const random = seeded(seed);
    const world = await World.begin();
    const fate = () =>
      new Invocation(random() < 0.4 ? { kill: { at: 1 + Math.floor(random() * 22), carriedOut: random() < 0.5 } } : {});
    const merges: [Name, Name][] =
      random() < 0.5
        ? [
            ['a', 'b'],
            ['b', 'c'],
          ]
        : [
            ['b', 'c'],
            ['a', 'b'],
          ];
    const sends = (['a', 'b', 'c'] as const).toSorted(() => random() - 0.5);
    /** Handed over before these are one person: those may be several. */
    const before: { names: Name[]; handed: number }[] = [];
    const handedTo = (names: Name[]) => {
      const messages = names.map((name) => world.request(name).message);
      return world.handed.filter((message) => messages.includes(message)).length;
    };
    const acts: (() => Promise<unknown>)[] = [];
    const merging = async ([x, into]: [Name, Name]) => {
      for (;;) {
        const invocation = new Invocation(
          random() < 0.5 ? { kill: { at: 1 + Math.floor(random() * 25), carriedOut: random() < 0.5 } } : {},
        );
        try {
          await world.merge(x, into, invocation);
          const names: Name[] = before.length === 0 ? [x, into] : ['a', 'b', 'c'];
          before.push({ names, handed: handedTo(names) });
          break;
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
        }
      }
    };
    acts.push(
      () => merging(merges[0] as [Name, Name]),
      () => merging(merges[1] as [Name, Name]),
    );
    for (const name of sends)
      acts.splice(Math.floor(random() * (acts.length + 1)), 0, () => world.deliver(world.request(name), fate()));
    // Merges stay in their order: sends come between them.
    for (const act of acts) {
      await act();
      if (random() < 0.5 && world.queue.length > 0) {
        const [one] = world.queue.splice(0, 1);
        if (one) await world.deliver(one.request, fate());
      }
    }
    await world.settle(() => (random() < 0.2 ? fate() : new Invocation()));
    for (const name of sends) await world.deliver(world.request(name));
    await world.settle();
    const outcomes = await world.outcomes('a', 'b', 'c');
    expect(outcomes.every((outcome) => FINAL.includes(outcome.split(':')[0] ?? ''))).toBe(true);
    expect(new Set(world.handed).size).toBe(world.handed.length);
    // Once they are one person, one goes if none had gone before; a lost one may have gone.
    const isLost = outcomes.includes('unknown');
    for (const { names, handed } of before)
      expect(handedTo(names) - handed, `${names}: ${outcomes.join(', ')}`).toBeLessThanOrEqual(handed > 0 ? 0 : 1);
    expect(world.handed.length + (isLost ? 1 : 0), outcomes.join(', ')).toBeGreaterThan(0);
  });
});
