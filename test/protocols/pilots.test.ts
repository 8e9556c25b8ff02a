import { expect, it } from 'vitest';
import { pilotStore } from '../../adapters/dynamo/pilots.ts';
import type { Run } from '../../core/runs/run.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { dispatchDue } from '../../engine/schedule/dispatch-due.ts';
import { inMemory, simulation } from './check-history.ts';
import { type Fate, Invocation, Killed, seeded } from './faults.ts';
import { START } from './script.ts';
import { TABLES } from './tables.ts';

const HOUR = 3600_000;

/** Runs of a journey whose first `pilot` walk; none has started yet. */
async function entrants(count: number, pilot: number) {
  const sim = simulation(inMemory);
  const { cart } = sim.rules.journeys;
  if (cart === undefined) throw new Error('there is no cart');
  sim.rules.journeys = { ...sim.rules.journeys, cart: { ...cart, definition: { ...cart.definition, pilot } } };
  const entries = Array.from({ length: count }, (_, index) => `e${index}`);
  const { runs } = sim.stores(new Invocation());
  for (const entry of entries)
    await runs.create({ entry, profile: entry, journey: 'cart', version: 1, key: '', at: START, data: {} }, START);
  const deliver = (entry: string, fate: Fate = {}) =>
    startRun(sim.runDeps(new Invocation(fate)), { entry, leg: 1 }).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
  const inState = async (status: Run['status']) =>
    (await Promise.all(entries.map((entry) => runs.get(entry))))
      .filter((run) => run?.status === status)
      .map((run) => run?.entry);
  const entered = () => pilotStore(new Invocation().client(sim.tables.client), TABLES.catalog).entered('cart', 1);
  return { sim, runs, entries, deliver, inState, entered };
}

it('of 150 who come at once, some of them twice, exactly 100 walk', async () => {
  const { entries, deliver, inState, entered } = await entrants(150, 100);
  const random = seeded(7);
  const twice = [...entries, ...entries.filter(() => random() < 0.5)].toSorted(() => random() - 0.5);
  await Promise.all(twice.map((entry) => deliver(entry)));
  expect(await inState('open')).toHaveLength(100);
  expect(await inState('entering')).toHaveLength(50);
  // Whatever sends them again: nobody else walks.
  for (const entry of entries) await deliver(entry);
  expect(await inState('open')).toHaveLength(100);
  expect(await entered()).toBe(100);
});

it.each([true, false])(
  'a death at any call costs no place, and gives none twice (carried out: %s)',
  async (carriedOut) => {
    for (let at = 1; at <= 12; at += 1) {
      const { entries, deliver, inState, entered } = await entrants(3, 2);
      await Promise.all(entries.map((entry) => deliver(entry, { kill: { at, carriedOut } })));
      await Promise.all(entries.map((entry) => deliver(entry)));
      expect(await inState('open')).toHaveLength(2);
      expect(await inState('entering')).toHaveLength(1);
      expect(await entered()).toBe(2);
    }
  },
);

it('a write whose answer is lost takes one place', async () => {
  for (let at = 1; at <= 8; at += 1) {
    const { entries, deliver, inState } = await entrants(3, 2);
    for (const entry of entries) await deliver(entry, { twiceAt: at });
    expect(await inState('open')).toEqual(['e0', 'e1']);
  }
});

it('who waits is not started by what is due, and is once the pilot is continued', async () => {
  const { sim, runs, deliver, inState } = await entrants(3, 1);
  for (const entry of ['e0', 'e1', 'e2']) await deliver(entry);
  const sent: { entry: string; leg: number }[] = [];
  const keep = {
    send: async (messages: { body: unknown }[]) => void sent.push(...messages.map(({ body }) => body as never)),
  };
  for (const hours of [1, 7, 14]) {
    await sim.advance(START + hours * HOUR);
    sent.length = 0;
    await dispatchDue({
      profiles: { dueBefore: async () => ({ due: [], next: undefined }) },
      runs,
      wakes: { dueBefore: async () => ({ wakes: [] }), dispatched: async () => {} },
      due: keep,
      enrolments: keep,
      wakeQueues: { jobs: keep, campaigns: keep } as never,
      clock: () => START + hours * HOUR,
      random: () => 0,
    });
    for (const { entry } of sent) await deliver(entry);
    expect(await inState('entering')).toEqual(['e1', 'e2']);
  }
  sim.rules.pointer = { ...sim.rules.pointer, continued: { cart: 1 } };
  for (const entry of ['e0', 'e1', 'e2']) await deliver(entry);
  expect(await inState('entering')).toEqual([]);
  expect(await inState('open')).toContain('e2');
});

it('who leaves while waiting does not walk later', async () => {
  const { sim, runs, deliver, inState } = await entrants(2, 1);
  await deliver('e0');
  await deliver('e1');
  expect(await runs.close('e1', 'exited', START, 'ordered')).toBe(true);
  sim.rules.pointer = { ...sim.rules.pointer, continued: { cart: 1 } };
  await deliver('e1');
  expect(await inState('closed')).toEqual(['e1']);
});
