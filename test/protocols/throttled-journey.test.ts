import { expect, it } from 'vitest';
import type { Run } from '../../core/runs/run.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { inMemory, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { START } from './script.ts';

const MINUTE = 60_000;
const ENTRIES = ['a', 'b', 'c', 'd'];

/** Four runs of a journey that lets one start each minute; none has started yet. */
async function waiting() {
  const sim = simulation(inMemory);
  const { cart } = sim.rules.journeys;
  if (cart === undefined) throw new Error('there is no cart');
  sim.rules.journeys = {
    ...sim.rules.journeys,
    cart: { ...cart, definition: { ...cart.definition, throttle: { perMinute: 1 } } },
  };
  const { runs } = sim.stores(new Invocation());
  for (const entry of ENTRIES)
    await runs.create({ entry, profile: entry, journey: 'cart', version: 1, key: '', at: START, data: {} }, START);
  const deliver = async () => {
    for (const entry of ENTRIES) await startRun(sim.runDeps(new Invocation()), { entry, leg: 1 });
  };
  const started = async () =>
    (await Promise.all(ENTRIES.map((entry) => runs.get(entry)))).filter((run): run is Run => run?.status === 'open');
  return { sim, deliver, started };
}

it('a run that waits for its place starts no earlier though its leg is sent again', async () => {
  const { sim, deliver, started } = await waiting();
  await deliver();
  await deliver();
  expect((await started()).map(({ entry }) => entry)).toEqual(['a']);
  for (const count of [2, 3, 4]) {
    await sim.advance(START + (count - 1) * MINUTE);
    await deliver();
    expect(await started()).toHaveLength(count);
  }
});

it('runs that waited out a pause before they had a place get one', async () => {
  const { sim, deliver, started } = await waiting();
  sim.rules.pointer.journeys = { cart: { since: START } };
  await deliver();
  sim.rules.pointer.journeys = {};
  await deliver();
  expect(await started()).toHaveLength(1);
});
