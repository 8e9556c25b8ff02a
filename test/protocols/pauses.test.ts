import { describe, expect, it } from 'vitest';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { define, post } from './api.ts';
import { inMemory, simulation } from './check-history.ts';
import { Invocation, seeded, Turns } from './faults.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

describe('the head of a journey and the live rules say the same', () => {
  const headOf = (sim: Sim) => definitionStore(sim.tables.client, TABLES.catalog).head('journeys', 'cart');
  const call = (sim: Sim, invocation: Invocation, verb: string) =>
    post(sim, invocation, { path: `/v1/journeys/cart/${verb}` });
  async function defined() {
    const sim = simulation(inMemory);
    await define(sim, ['cart']);
    return sim;
  }

  it.each([
    ['paused', ['pause', 'resume', 'pause']],
    ['paused', ['resume', 'pause', 'archive']],
    ['live', ['pause', 'archive']],
  ])('whoever does at once to a %s one: %j', async (state, verbs) => {
    for (let seed = 1; seed <= 25; seed += 1) {
      const sim = await defined();
      const turns = new Turns(seeded(seed));
      if (state === 'paused') await call(sim, new Invocation(), 'pause');
      let left = verbs.length;
      for (const verb of verbs) void call(sim, new Invocation({}, turns), verb).finally(() => (left -= 1));
      while (left > 0) await turns.give();
      expect(sim.rules.pointer.journeys.cart, `seed ${seed}`).toEqual((await headOf(sim))?.paused);
    }
  });

  it.each(['pause', 'resume'])('though a pause broke off, once somebody calls: %s', async (verb) => {
    const sim = await defined();
    // It dies at one of its calls after the other: once between the live rules and the head.
    for (let at = 1; sim.rules.pointer.journeys.cart === undefined; at += 1)
      await call(sim, new Invocation({ kill: { at, carriedOut: false } }), 'pause').catch(() => {});
    expect([sim.rules.pointer.journeys.cart !== undefined, (await headOf(sim))?.paused]).toEqual([true, undefined]);
    expect((await call(sim, new Invocation(), verb)).problem).toBeUndefined();
    expect(sim.rules.pointer.journeys.cart).toEqual((await headOf(sim))?.paused);
  });
});
