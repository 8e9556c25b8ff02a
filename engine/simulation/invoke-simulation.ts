import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { SimulationDeps } from './deps.ts';
import { type Answers, keyOf, type Question, type SimulationInput } from './run-simulation.ts';
import type { Simulated } from './simulate.ts';

const CONCURRENCY = 16;
/**
 * Most rounds. Usually there is one, because the data that a journey references is read in advance. Each further round answers the questions of the
 * one before.
 */
const MAX_ROUNDS = 50;

/** Invokes `run-simulation`, and reads the data that it asks for. */
export async function invokeSimulation(
  deps: SimulationDeps,
  known: Omit<SimulationInput, 'answers'>,
): Promise<Simulated> {
  const answers: Answers = {};
  let questions = expectedQuestions(known);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await mapWithConcurrency(CONCURRENCY, questions, async (question) => {
      answers[keyOf(question)] = (await read(deps, question)) ?? null;
    });
    const outcome = await deps.runSimulation({ ...known, answers });
    if ('simulated' in outcome) return outcome.simulated;
    questions = outcome.questions;
  }
  throw new Error(`a simulation of ${known.live.id} asks for more than ${MAX_ROUNDS} times`);
}

/** Templates, content and pools of the journey, and the customer's open runs: read in advance. */
function expectedQuestions({ live, stored }: Omit<SimulationInput, 'answers'>): Question[] {
  const templates = Object.entries(live.pins.templates).map(([id, n]) => ({ version: ['templates', id, n] }) as const);
  const content = Object.entries(live.pins.content ?? {}).map(([id, n]) => ({ version: ['content', id, n] }) as const);
  const pools = Object.values(live.definition.nodes).flatMap((node) =>
    node.type === 'coupon' ? [{ undrawn: node.pool }] : [],
  );
  const open = Object.values(stored?.activity.openRuns ?? {}).flatMap(({ entry, journey, version, before = [] }) => [
    { run: entry },
    ...[version, ...before].map((one) => ({ version: ['journeys', journey, one] }) as const),
  ]);
  const all: Question[] = [...templates, ...content, ...pools, ...open].map((one) => one as Question);
  return [...new Map(all.map((question) => [keyOf(question), question])).values()];
}

async function read(deps: SimulationDeps, question: Question): Promise<unknown> {
  if ('version' in question) return deps.catalog.version(...question.version);
  if ('run' in question) return deps.runs.get(question.run);
  if ('undrawn' in question) return deps.coupons.undrawn(question.undrawn);
  if ('redeemed' in question) return deps.coupons.redeemed(...question.redeemed);
  return deps.profiles.readEntered(...question.entered);
}
