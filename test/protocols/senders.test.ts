import { describe, expect, it } from 'vitest';
import { byChannel } from '../../core/channels/registry.ts';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { SenderDeps } from '../../engine/messages/deps.ts';
import type { Draft } from '../../engine/messages/ports.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { HOUR, Script, START } from './script.ts';
import type { Sim } from './simulation.ts';

const LEASE_MS = 60_000;
const key = profileKeyOfUser('senders-u');

/** A subscribed customer whose first message is requested and not yet handed over. */
async function asked() {
  const sim = simulation(inMemory);
  const { posts } = new Script('senders').identify('u', 0).track('user', 'u', 0, 'Subscribed');
  for (const { message, group } of posts) if (message) sim.ingest(message, group);
  await sim.advance(START + 0.5 * HOUR);
  const { openRuns } = (await sim.stores(new Invocation()).profiles.readActivity(key)) ?? {};
  const run = openRuns?.letters?.entry ?? '';
  const at = sim.now;
  const source = { kind: 'journey', id: 'letters', version: 1, node: 'letter', run } as const;
  const template = { id: 'letter', version: 1 };
  const request: SendRequest = { message: 'm', profile: key, template, source, at, validUntil: at + HOUR };
  const draft: Draft = { id: 'm', profile: key, channel: 'push', template, source, at, request } as Draft;
  return { sim, run, request, draft, ...sim.stores(new Invocation()) };
}

const deliver = (sim: Sim, request: SendRequest) => sendMessage(senderDeps(sim, new Invocation(), request), request);

describe('a message whose sender was lost is unknown, whatever its gate says by then:', () => {
  it.each<[string, (sending: Awaited<ReturnType<typeof asked>>) => unknown]>([
    ['its run was left', ({ runs, run, sim }) => runs.close(run, 'exited', sim.now, 'bought')],
    ['its journey is paused', ({ sim }) => (sim.rules.pointer.journeys = { letters: { since: sim.now } })],
    ['its channel is paused', ({ sim }) => (sim.rules.pointer.channels = { push: { since: sim.now } })],
    ['it has expired', ({ request }) => (request.validUntil = START)],
  ])('%s', async (_, shut) => {
    const sending = await asked();
    const { sim, request, draft, messages } = sending;
    await messages.take(draft, 'lost', sim.now, sim.now + LEASE_MS);
    await shut(sending);
    const queued: unknown[] = [];
    const again = { send: async (all: { body: unknown; delaySeconds?: number }[]) => void queued.push(...all) };
    const deps = senderDeps(sim, new Invocation(), request);
    await sendMessage({ ...deps, senders: byChannel(() => again) }, request);
    // Its sender may still be at work.
    expect((await messages.get('m'))?.state).toBe('sending');
    expect(queued).toEqual([{ body: request, delaySeconds: LEASE_MS / 1000 }]);
    sim.now += LEASE_MS;
    await deliver(sim, request);
    expect((await messages.get('m'))?.state).toBe('unknown');
    expect(sim.outbox).toEqual([]);
  });
});

it('a message that is held as the pause ends goes on, though its sender knows the pause still', async () => {
  const { sim, request, messages } = await asked();
  const deps = senderDeps(sim, new Invocation(), request);
  const paused = { ...sim.rules.pointer, channels: { push: { since: sim.now } } };
  const sent: unknown[] = [];
  const again = { send: async (all: { body: unknown }[]) => void sent.push(...all) };
  const snapshot: typeof deps.catalog.snapshot = async ({ since = 0 } = {}) => ({
    snapshot: sim.rules.snapshot,
    pointer: since < sim.now ? paused : sim.rules.pointer,
  });
  const senders = byChannel(() => again);
  await sendMessage({ ...deps, senders, catalog: { ...deps.catalog, snapshot } }, request);
  expect((await messages.get('m'))?.state).toBe('held');
  expect(sent).toMatchObject([{ body: { message: 'm', released: true } }]);
});

it('a message that is held as its journey is archived is looked at again, though its sender knows the journey still', async () => {
  const { sim, request, messages } = await asked();
  const deps = senderDeps(sim, new Invocation(), request);
  sim.rules.pointer.channels = { push: { since: sim.now } };
  const sent: unknown[] = [];
  const again = { send: async (all: { body: unknown }[]) => void sent.push(...all) };
  const archived = { ...sim.rules.snapshot, archived: { letters: 1 } };
  const snapshot: typeof deps.catalog.snapshot = async ({ since = 0 } = {}) => ({
    snapshot: since < sim.now ? sim.rules.snapshot : archived,
    pointer: sim.rules.pointer,
  });
  const senders = byChannel(() => again);
  await sendMessage({ ...deps, senders, catalog: { ...deps.catalog, snapshot } }, request);
  expect((await messages.get('m'))?.state).toBe('held');
  expect(sent).toMatchObject([{ body: { message: 'm', released: true } }]);
});

it('a message that was held for longer than its run is kept is refused once its journey is archived', async () => {
  const { sim, request, messages } = await asked();
  sim.rules.pointer.channels = { push: { since: sim.now } };
  await deliver(sim, request);
  expect((await messages.get('m'))?.state).toBe('held');
  sim.rules.pointer.channels = {};
  sim.rules.snapshot = { ...sim.rules.snapshot, archived: { letters: 1 } };
  const deps = senderDeps(sim, new Invocation(), request);
  await sendMessage({ ...deps, runs: { ...deps.runs, get: async () => undefined } }, { ...request, released: true });
  expect(await messages.get('m')).toMatchObject({ state: 'suppressed', reason: 'exited' });
  expect(sim.outbox).toEqual([]);
});

it('a message whose owner releases it between the take of another delivery and its look, and dies, is sent all the same', async () => {
  const { sim, draft, request, messages } = await asked();
  await messages.take(draft, 'one', sim.now, sim.now + LEASE_MS);
  const deps = senderDeps(sim, new Invocation(), request);
  const queued: unknown[] = [];
  await sendMessage(
    {
      ...deps,
      messages: {
        ...deps.messages,
        get: async (id) => {
          await messages.release(id, 'one', sim.now, 'out of reach');
          return deps.messages.get(id);
        },
      },
      senders: byChannel(() => ({ send: async (all: { body: unknown }[]) => void queued.push(...all) })),
    },
    request,
  );
  expect(queued).toEqual([{ body: request, delaySeconds: 0 }]);
});

it('what a sender says of a message that another has taken since is not heard', async () => {
  const { sim, draft, messages } = await asked();
  await messages.take(draft, 'one', sim.now, sim.now + LEASE_MS);
  await messages.release('m', 'one', sim.now, 'out of reach');
  await messages.take(draft, 'two', sim.now, sim.now + LEASE_MS);
  // The answer was lost: the SDK repeats the call.
  expect(await messages.release('m', 'one', sim.now, 'out of reach')).toBe(false);
  expect(await messages.sent('m', 'one', sim.now, 'push', 'p')).toBe(false);
  expect(await messages.get('m')).toMatchObject({ state: 'sending', owner: 'two' });
});

it.each(['before it is counted', 'between its counting and its taking', 'after its taking'])(
  'a message that is refused %s does not count',
  async (when) => {
    const { sim, run, request, runs, profiles } = await asked();
    const deps = senderDeps(sim, new Invocation(), request);
    const leave = async (at: string) => {
      if (at !== when) return;
      await runs.close(run, 'exited', sim.now, 'bought');
      if (at !== 'after its taking') await deliver(sim, request);
    };
    const changeSends: typeof deps.profiles.changeSends = async (...args) => {
      await leave('before it is counted');
      const sends = await deps.profiles.changeSends(...args);
      await leave('between its counting and its taking');
      return sends;
    };
    const take: typeof deps.messages.take = async (...args) => {
      const isTaken = await deps.messages.take(...args);
      await leave('after its taking');
      return isTaken;
    };
    await sendMessage(
      { ...deps, profiles: { ...deps.profiles, changeSends }, messages: { ...deps.messages, take } },
      request,
    );
    expect(sim.outbox).toEqual([]);
    expect(await profiles.readSends(key)).toEqual({});
  },
);

it('a message that a sender is handing over is left to it by the next delivery', async () => {
  const { sim, request, messages } = await asked();
  const deps = senderDeps(sim, new Invocation(), request);
  const queued: unknown[] = [];
  const again = { send: async (all: { body: unknown; delaySeconds?: number }[]) => void queued.push(...all) };
  const next = { ...senderDeps(sim, new Invocation(), request), senders: byChannel(() => again) };
  const send: typeof deps.provider.send = async (envelope) => {
    await sendMessage(next, request);
    return deps.provider.send(envelope);
  };
  await sendMessage({ ...deps, provider: { ...deps.provider, send } }, request);
  expect((await messages.get('m'))?.state).toBe('sent');
  expect(queued).toEqual([{ body: request, delaySeconds: LEASE_MS / 1000 }]);
  expect(sim.outbox).toHaveLength(1);
});

it('the profile of a message that is given up after its taking hears of it, as of any other', async () => {
  const { sim, run, request, runs } = await asked();
  const deps = senderDeps(sim, new Invocation(), request);
  const events: unknown[] = [];
  const snapshot = { ...sim.rules.snapshot, subscribedEvents: { letters: ['Message Suppressed'] } };
  const take: typeof deps.messages.take = async (...args) => {
    const isTaken = await deps.messages.take(...args);
    await runs.close(run, 'exited', sim.now, 'bought');
    return isTaken;
  };
  await sendMessage(
    {
      ...deps,
      messages: { ...deps.messages, take },
      catalog: { ...deps.catalog, snapshot: async () => ({ snapshot, pointer: sim.rules.pointer }) },
      events: { send: async (all) => void events.push(...all.map(({ body }) => body)) },
    },
    request,
  );
  expect(events).toMatchObject([{ profile: key, events: [{ name: 'Message Suppressed' }] }]);
});

describe('what a sender has left undone is done by the next delivery:', () => {
  const subscribing = (sim: Sim) => ({
    ...sim.rules.snapshot,
    subscribedEvents: { letters: ['Message Suppressed', 'Message Sent'] },
  });
  /** Delivers it to one that dies before it has counted, then once more; returns what the profile hears. */
  async function twice(sim: Sim, request: SendRequest): Promise<unknown[]> {
    const events: unknown[] = [];
    const deps = {
      ...senderDeps(sim, new Invocation(), request),
      catalog: {
        ...senderDeps(sim, new Invocation(), request).catalog,
        snapshot: async () => ({ snapshot: subscribing(sim), pointer: sim.rules.pointer }),
      },
      events: { send: async (all: { body: unknown }[]) => void events.push(...all.map(({ body }) => body)) },
    };
    const dead = { publish: () => Promise.reject(new Error('dead')) };
    await expect(sendMessage({ ...deps, metricEvents: dead }, request)).rejects.toThrow('dead');
    expect(events).toEqual([]);
    await sendMessage(deps, request);
    return events;
  }

  it('a message that was sent', async () => {
    const { sim, request } = await asked();
    expect(await twice(sim, request)).toMatchObject([{ events: [{ name: 'Message Sent' }] }]);
    expect(sim.outbox).toHaveLength(1);
  });

  it('a message that was refused', async () => {
    const { sim, request } = await asked();
    request.validUntil = START;
    expect(await twice(sim, request)).toMatchObject([{ events: [{ name: 'Message Suppressed' }] }]);
  });
});

describe('a delivery that finds a row which another has ended meanwhile, and whose sender died then,', () => {
  /** The row changes between this delivery's counting and its take. */
  async function overtaken(end: (sending: Awaited<ReturnType<typeof asked>>) => Promise<unknown>) {
    const sending = await asked();
    const { sim, request, profiles, run, runs } = sending;
    await runs.close(run, 'ended', sim.now, 'done');
    const deps = senderDeps(sim, new Invocation(), request);
    const take: typeof deps.messages.take = async (...args) => {
      await end(sending);
      return deps.messages.take(...args);
    };
    await sendMessage({ ...deps, messages: { ...deps.messages, take } }, request);
    return Object.values((await profiles.changeSends(key, () => undefined)) ?? {});
  }

  it('gives the slot back that it has taken, if the message was refused', async () => {
    expect(
      await overtaken(({ messages, draft, sim }) => messages.refuse(draft, 'suppressed', 'expired', sim.now)),
    ).toEqual([]);
  });

  it('counts it from when it was sent', async () => {
    const began: number[] = [];
    const sends = await overtaken(async ({ messages, draft, sim }) => {
      began.push(sim.now - HOUR);
      await messages.take(draft, 'one', sim.now - HOUR, sim.now);
      await messages.sent('m', 'one', sim.now - HOUR, 'push', 'p');
    });
    expect(sends.map(({ at }) => at)).toEqual(began);
  });

  it('counts it no later than it was judged, if it was sent after that', async () => {
    const judged: number[] = [];
    const sends = await overtaken(async ({ messages, draft, sim }) => {
      judged.push(sim.now);
      await messages.take(draft, 'one', sim.now, sim.now + LEASE_MS);
      await messages.sent('m', 'one', sim.now + 1_000, 'push', 'p');
    });
    expect(sends.map(({ at }) => at)).toEqual(judged);
  });
});

it('a sender that is told of a success after its message has become unknown does not count it as sent', async () => {
  const { sim, request, messages } = await asked();
  const deps = senderDeps(sim, new Invocation(), request);
  const counted: string[] = [];
  await sendMessage(
    {
      ...deps,
      metricEvents: { publish: async (events) => void counted.push(...events.map(({ metric }) => metric)) },
      provider: {
        ...deps.provider,
        send: async () => {
          const { owner = '' } = (await messages.get('m')) ?? {};
          await messages.unknown('m', owner, sim.now, 'its lease has expired');
          return { kind: 'sent', providerId: 'p' };
        },
      },
    },
    request,
  );
  expect([(await messages.get('m'))?.state, counted]).toEqual(['unknown', []]);
});

it('a message that is to be tried again is released before it is queued', async () => {
  const { sim, request } = await asked();
  const deps = senderDeps(sim, new Invocation(), request);
  const queued: unknown[] = [];
  const again = { send: async (all: { body: unknown }[]) => void queued.push(...all) };
  const trying: typeof deps = {
    ...deps,
    provider: { ...deps.provider, send: async () => ({ kind: 'temporary', detail: 'not now' }) },
    messages: { ...deps.messages, release: () => Promise.reject(new Error('dead')) },
    senders: byChannel(() => again),
  };
  await expect(sendMessage(trying, request)).rejects.toThrow('dead');
  expect(queued).toEqual([]);
});

describe('a message of a run that has left, and whose data its request carries, is refused as exited:', () => {
  const caps = [{ max: 0, within: '1d' }];
  it.each<[string, (deps: SenderDeps, sim: Sim) => void]>([
    [
      'though its template cannot be rendered',
      ({ catalog }) => {
        const broken = { class: 'marketing', content: { push: { title: '{% if %}', body: 'B' } } };
        const { version } = catalog;
        catalog.version = (async (kind: 'templates', ...of: [string, number]) =>
          kind === 'templates' ? { definition: broken } : version(kind, ...of)) as never;
      },
    ],
    [
      'though it is one too many',
      (_, { rules }) => Object.assign(rules.snapshot, { settings: { ...rules.snapshot.settings, caps } }),
    ],
    ['though it has expired', (_, sim) => Object.assign(sim, { now: sim.now + 2 * HOUR })],
    [
      'though its channel is paused',
      (_, { rules }) => Object.assign(rules.pointer, { channels: { push: { since: START } } }),
    ],
  ])('%s', async (_, hinder) => {
    const { sim, run, request, runs, messages } = await asked();
    const carrying = { ...request, runData: {} };
    const deps = senderDeps(sim, new Invocation(), carrying);
    hinder(deps, sim);
    await runs.close(run, 'exited', sim.now, 'bought');
    await sendMessage(deps, carrying);
    expect(await messages.get('m')).toMatchObject({ state: 'suppressed', reason: 'exited' });
  });
});

it('of 150 senders that race for the second of two slots exactly one sends', async () => {
  const { sim, request, profiles, messages } = await asked();
  await deliver(sim, { ...request, message: 'first' });
  const racing = Array.from({ length: 150 }, (_, index): SendRequest => ({ ...request, message: `m${index}` }));
  // Each has read the profile before any of them counts.
  let waiting = racing.length;
  const { promise: allHaveRead, resolve } = Promise.withResolvers<void>();
  await Promise.all(
    racing.map((one) => {
      const deps = senderDeps(sim, new Invocation(), one);
      const home: typeof deps.profiles.home = async (of) => {
        const read = await deps.profiles.home(of);
        waiting -= 1;
        if (waiting === 0) resolve();
        await allHaveRead;
        return read;
      };
      return sendMessage({ ...deps, profiles: { ...deps.profiles, home } }, one);
    }),
  );
  expect(sim.outbox).toHaveLength(2);
  expect(Object.keys(await profiles.readSends(key))).toHaveLength(2);
  const rows = await messages.getAll(racing.map(({ message }) => message));
  const refused = [...rows.values()].filter(({ state, reason }) => state === 'suppressed' && reason === 'daily-cap');
  expect(refused).toHaveLength(149);
});
