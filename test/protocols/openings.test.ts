import { describe, expect, it } from 'vitest';
import { byChannel } from '../../core/channels/registry.ts';
import { profileKeyOfUser } from '../../core/ids.ts';
import { type ReleaseDeferred, ReleaseDeferredSchema } from '../../core/messages/channel-opening.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { type ReleaseDeferredDeps, releaseDeferred } from '../../engine/jobs/release-deferred.ts';
import type { Draft } from '../../engine/messages/ports.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import type { Outgoing } from '../../engine/ports.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { CLEAN, faultsIn, inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { randomWindows } from './random-windows.ts';
import { rules } from './rules.ts';
import { HOUR, Script, START } from './script.ts';
import { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

/** 11:00 in Shanghai: the window of the journey `office` opens 2 hours after the start. */
const OPENING = { channel: 'push' as const, at: START + 2 * HOUR };

/** A customer whose message waits for its window. */
async function asked(at = START) {
  const requests: SendRequest[] = [];
  const sim: Sim = new Sim({
    ...{ tables: inMemory(() => sim.now), rules: rules(), seed: 1, faultRates: CLEAN, now: START },
    // Nobody sends it yet.
    send: async (_sim, _invocation, request) => void requests.push(request),
  });
  const history = new Script('openings').customer('Called').until(1);
  for (const { message } of history.posts) if (message) sim.ingest(message);
  await sim.settle();
  sim.now = at;
  const [request] = requests;
  if (request === undefined) throw new Error('nothing was requested');
  const stores = sim.stores(new Invocation());
  const wakes = async () => (await sim.tables.all(TABLES.catalog)).filter(({ pk }) => pk === 'wake');
  return { sim, request, ...stores, wakes: stores.wakes, allWakes: wakes };
}

const deliver = (sim: Sim, request: SendRequest, invocation = new Invocation()) =>
  sendMessage(senderDeps(sim, invocation, request), request);

describe('a message outside its window', () => {
  it('has a wake before it has a row, and one however often it is delivered', async () => {
    const { sim, request, messages, allWakes } = await asked();
    const deps = senderDeps(sim, new Invocation(), request);
    const dies = { ...deps, messages: { ...deps.messages, defer: () => Promise.reject(new Error('dead')) } };
    await expect(sendMessage(dies, request)).rejects.toThrow('dead');
    expect(await allWakes()).toMatchObject([{ sk: `opening#push#${OPENING.at}`, at: OPENING.at, dueAt: OPENING.at }]);
    await deliver(sim, request);
    await deliver(sim, request);
    expect(await allWakes()).toHaveLength(1);
    expect(await messages.get(request.message)).toMatchObject({ state: 'deferred', reason: 'outside-window' });
    expect(await messages.deferredTo(OPENING, { limit: 10 })).toEqual({ ids: [request.message] });
  });

  it('waits on its queue where the opening is near, and no opening lists it', async () => {
    const { sim, request, messages, allWakes } = await asked(OPENING.at - 149_000);
    const queued: unknown[] = [];
    const again = { send: async (all: Outgoing[]) => void queued.push(...all) };
    await sendMessage({ ...senderDeps(sim, new Invocation(), request), senders: byChannel(() => again) }, request);
    expect(queued).toEqual([{ body: { ...request, released: true }, delaySeconds: 149 }]);
    expect((await messages.get(request.message))?.state).toBe('deferred');
    expect(await messages.countDeferredTo(OPENING)).toBe(0);
    expect(await allWakes()).toEqual([]);
  });

  it('that is written as the opening has passed is queued again at once', async () => {
    const { sim, request, messages } = await asked();
    const deps = senderDeps(sim, new Invocation(), request);
    const queued: unknown[] = [];
    const again = { send: async (all: Outgoing[]) => void queued.push(...all) };
    const defer: typeof deps.messages.defer = async (...args) => {
      sim.now = OPENING.at + 1;
      return deps.messages.defer(...args);
    };
    await sendMessage({ ...deps, messages: { ...deps.messages, defer }, senders: byChannel(() => again) }, request);
    expect((await messages.get(request.message))?.state).toBe('deferred');
    expect(queued).toEqual([{ body: { ...request, released: true }, delaySeconds: 0 }]);
  });

  it('waits until the minute after it has expired, where that comes before the opening', async () => {
    const { sim, request, messages } = await asked();
    await deliver(sim, { ...request, validUntil: START + HOUR + 1 });
    expect(await messages.countDeferredTo(OPENING)).toBe(0);
    expect(await messages.countDeferredTo({ ...OPENING, at: START + HOUR + 60_000 })).toBe(1);
  });

  it('that another sender has taken is left to it', async () => {
    const { sim, request, messages } = await asked();
    const draft: Draft = {
      ...{ id: request.message, profile: profileKeyOfUser('openings-u'), channel: 'push', request },
      ...{ template: request.template, source: request.source, at: request.at },
    };
    await messages.take(draft, 'another', sim.now, sim.now + 60_000);
    await deliver(sim, request);
    expect(await messages.get(request.message)).toMatchObject({ state: 'sending', owner: 'another' });
  });
});

describe('at an opening', () => {
  /** Deferred messages, the later requested ones first in the alphabet. */
  async function waiting(count: number) {
    const all = await asked();
    const { sim, request, messages } = all;
    for (let index = 0; index < count; index += 1) {
      const id = `${request.message}-${String(count - index).padStart(4, '0')}`;
      const at = START + index * 1_000;
      const draft: Draft = {
        ...{ id, profile: profileKeyOfUser('openings-u'), channel: 'push', request: { ...request, message: id, at } },
        ...{ template: request.template, source: request.source, at },
      };
      await messages.defer(draft, 'outside-window', OPENING, START);
    }
    sim.now = OPENING.at;
    const released: { message: string; delay: number }[] = [];
    const queued: Outgoing[] = [];
    const done: string[] = [];
    const deps: ReleaseDeferredDeps = {
      messages,
      senders: byChannel(() => ({
        send: async (sent) =>
          void released.push(
            ...sent.map(({ body, delaySeconds = 0 }) => ({
              message: (body as SendRequest).message,
              delay: delaySeconds,
            })),
          ),
      })),
      wakes: { done: async (_kind, id) => void done.push(id) },
      queue: { send: async (sent) => void queued.push(...sent) },
      clock: () => sim.now,
    };
    return { ...all, deps, released, queued, done };
  }

  it('100 leave at once and the others over 5 minutes, older first, page by page', async () => {
    const { deps, released, done } = await waiting(750);
    await releaseDeferred(deps, { opening: OPENING });
    expect(released.map(({ message }) => message)).toEqual(
      released
        .map(({ message }) => message)
        .toSorted()
        .toReversed(),
    );
    expect(released).toHaveLength(750);
    expect(released.filter(({ delay }) => delay === 0)).toHaveLength(100);
    expect(released.at(100)?.delay).toBe(1);
    expect(released.at(424)?.delay).toBe(150);
    expect(released.at(-1)?.delay).toBe(300);
    expect(done).toEqual([`push#${OPENING.at}`]);
  });

  it('nothing is done before it', async () => {
    const { sim, deps, released, queued, done } = await waiting(1);
    sim.now -= 90_000;
    await releaseDeferred(deps, { opening: OPENING });
    expect([released, done]).toEqual([[], []]);
    expect(queued).toEqual([{ body: { opening: OPENING }, delaySeconds: 90 }]);
  });

  it('another delivery goes on where one has ended, by its place among all', async () => {
    const { deps, messages, released } = await waiting(250);
    const { next } = await messages.deferredTo(OPENING, { limit: 100 });
    const message: ReleaseDeferred = {
      opening: OPENING,
      progress: { began: OPENING.at - 60_000, all: 250, done: 100, places: next ?? {} },
    };
    await releaseDeferred(deps, ReleaseDeferredSchema.parse(JSON.parse(JSON.stringify(message))));
    expect(released).toHaveLength(150);
    // What should have left within the last minute leaves now.
    expect(released.filter(({ delay }) => delay === 0)).toHaveLength(30);
    expect(released.at(-1)?.delay).toBe(240);
  });

  it('a message that has left meanwhile is not sent to the gate, and the wake stays where a page fails', async () => {
    const { deps, request, messages, sim, released, done } = await waiting(2);
    const gone = `${request.message}-0001`;
    const row = await messages.get(gone);
    if (row === undefined) throw new Error('it was deferred');
    await messages.refuse(row, 'suppressed', 'exited', sim.now);
    const broken = { ...deps, senders: byChannel(() => ({ send: () => Promise.reject(new Error('throttled')) })) };
    await expect(releaseDeferred(broken, { opening: OPENING })).rejects.toThrow('throttled');
    expect(done).toEqual([]);
    await releaseDeferred(deps, { opening: OPENING });
    expect(released.map(({ message }) => message)).toEqual([`${request.message}-0002`]);
  });
});

it.each([
  { hours: 3, timezone: undefined, reads: 0 },
  { hours: 3, timezone: 'Asia/Shanghai', reads: 0 },
  { hours: 3, timezone: 'Asia/Dubai', reads: 1 },
  { hours: 0, timezone: 'Asia/Shanghai', reads: 1 },
])('a plan reads the customer only where they may be outside the window: %j', async ({ hours, timezone, reads }) => {
  const sim = simulation(inMemory);
  sim.now = START + hours * HOUR;
  const deps = sim.runDeps(new Invocation());
  const profile = profileKeyOfUser('openings-u');
  const run = { entry: 'run', profile, journey: 'office', version: 1, key: '', at: sim.now, data: {} };
  await deps.runs.create({ ...run, ...(timezone === undefined ? {} : { timezone }) }, sim.now);
  let count = 0;
  const home: typeof deps.profiles.home = (key) => {
    count += 1;
    return deps.profiles.home(key);
  };
  await startRun({ ...deps, profiles: { ...deps.profiles, home } }, { entry: run.entry, leg: 1 });
  expect(count).toBe(reads);
});

it.each([1, 2, 3, 4, 5, 6, 7, 8])('windows at random, seed %i: all ends well', async (seed) => {
  expect(await faultsIn(randomWindows(seed), seed)).toEqual([]);
});
