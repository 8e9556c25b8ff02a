import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { triggeredEvent } from '../../core/events/internal.ts';
import { type EpochMs, profileKeyOfUser } from '../../core/ids.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { define } from './api.ts';
import { inMemory, simulation } from './check-history.ts';
import type { Item } from './expressions.ts';
import { Invocation } from './faults.ts';
import { Script, START } from './script.ts';
import type { Sim } from './simulation.ts';
import type { Tables } from './simulation-options.ts';
import { TABLES } from './tables.ts';

const SECOND = 1_000;
const key = profileKeyOfUser('stale-u');

/** Tables whose index of runs lists a run two seconds after it was put. */
function behindIndex(now: () => EpochMs): Tables {
  const tables = inMemory(now);
  const putAt = new Map<unknown, EpochMs>();
  const send = async (command: { constructor: { name: string }; input: Item }) => {
    const { TableName, Item: put, IndexName } = command.input as { TableName: string; Item?: Item; IndexName?: string };
    if (command.constructor.name === 'PutCommand' && TableName === TABLES.runs) putAt.set(put?.pk, now());
    const answer = (await tables.client.send(command as never)) as { Items?: Item[] };
    if (IndexName !== 'journey') return answer;
    return { ...answer, Items: answer.Items?.filter(({ pk }) => now() - (putAt.get(pk) ?? 0) >= 2 * SECOND) };
  };
  return { ...tables, client: { send } as unknown as DynamoDBDocumentClient };
}

/** For the pointer's greatest age, every instance has the rules and pauses of now, unless it asks for others. */
function stale(sim: Sim): void {
  const { catalog, now, rules } = sim;
  const before = { snapshot: rules.snapshot, pointer: rules.pointer };
  sim.catalog = (invocation) => ({
    ...catalog.call(sim, invocation),
    snapshot: async ({ since = 0 } = {}) =>
      sim.now < now + 5 * SECOND && since < sim.now
        ? before
        : { snapshot: sim.rules.snapshot, pointer: sim.rules.pointer },
  });
}

it('a run that an instance begins by earlier rules is closed once its journey is archived, though the index lists it late', async () => {
  const sim = simulation(behindIndex);
  await define(sim, ['ask']);
  stale(sim);
  await sim.call({ archive: 'ask' });
  const script = new Script('stale').track('user', 'u', 0, 'Asked', { topic: 'a' });
  await sim.advance(START + 4 * SECOND);
  for (const { message, group } of script.posts) if (message) sim.ingest(message, group);
  await sim.advance(START + 60 * SECOND);
  const { runs, profiles } = sim.stores(new Invocation());
  const { entries } = await runs.byJourney('ask', { limit: 9 });
  expect(await Promise.all(entries.map((entry) => runs.get(entry)))).toMatchObject([
    { status: 'closed', reason: 'archived', leg: 1 },
  ]);
  expect((await profiles.readActivity(key))?.openRuns).toEqual({});
});

it('a run that was put as the archive listed the runs is closed by its first leg', async () => {
  const sim = simulation(inMemory);
  await define(sim, ['ask']);
  await sim.call({ archive: 'ask' });
  await sim.advance(START + 20 * SECOND);
  const { runs } = sim.stores(new Invocation());
  const run = { entry: 'e', profile: key, journey: 'ask', version: 1, key: '', at: START, data: {} };
  await runs.create(run, sim.now);
  await sim.queue('enrolments', new Invocation()).send([{ body: { entry: 'e', leg: 1 } }]);
  await sim.advance(START + 60 * SECOND);
  expect(await runs.get('e')).toMatchObject({ status: 'closed', reason: 'archived', leg: 0 });
});

it('a trigger enters a journey that was just resumed, though the instance knows it as paused', async () => {
  const sim = simulation(inMemory);
  sim.rules.pointer = { ...sim.rules.pointer, journeys: { ask: { since: START } } };
  stale(sim);
  sim.rules.pointer = { ...sim.rules.pointer, journeys: {} };
  const event = triggeredEvent({ journey: 'ask', key: 'a', data: {} }, 'call', sim.now);
  await processEvents(sim.profileDeps(new Invocation()), { profile: key, events: [event] }, {
    attributes: { MessageGroupId: key },
  } as never);
  const { profiles } = sim.stores(new Invocation());
  expect((await profiles.readActivity(key))?.openRuns).toHaveProperty('ask#a');
});
