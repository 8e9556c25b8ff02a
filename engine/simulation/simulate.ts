import type { EpochMs } from '../../core/ids.ts';
import {
  Recorder,
  type SimulatedMessage,
  type SimulatedRun,
  type TimelineItem,
} from '../../core/simulation/recorder.ts';
import type { Simulation } from '../../core/simulation/request.ts';
import { durationMs } from '../../core/time/duration.ts';
import { MAX_STEPS } from '../../statemachines/simulate/cloud.ts';
import type { SimulationContext } from './context.ts';
import { SimulatedFunctions } from './functions.ts';
import { neverEntered } from './never-entered.ts';
import { applyEvent, entryEvent, simulateEvent } from './simulate-event.ts';

export interface Simulated {
  timeline: TimelineItem[];
  messages: SimulatedMessage[];
  runs: SimulatedRun[];
  /** State transitions, as AWS bills them. */
  transitions: number;
}

/** Simulates the customer of `context` in its journey, on a virtual clock that starts at `at`. Writes nothing. */
export async function simulate(context: SimulationContext, asked: Simulation, at: EpochMs): Promise<Simulated> {
  const functions = new SimulatedFunctions(context, at, (now) => new Recorder(context.live.definition, now));
  const { cloud, recorder } = functions;
  const entry = entryEvent(context, asked, at);
  if (entry !== undefined) cloud.schedule(at, () => applyEvent(context, functions, entry));
  for (const [index, event] of asked.events.entries())
    cloud.schedule(at + durationMs(event.after), () => simulateEvent(context, functions, event, index));
  const isWhole = await cloud.run(at + durationMs(asked.until));
  const isExplained = recorder.runs.size > 0 || recorder.items.some(({ type }) => type === 'refused');
  const never = isWhole && !isExplained ? neverEntered(context, functions) : undefined;
  if (never !== undefined) recorder.add('refused', never);
  if (!isWhole) recorder.add('stopped', { reason: `more than ${MAX_STEPS} steps` });
  return {
    timeline: recorder.items,
    messages: [...recorder.messages.values()],
    runs: [...recorder.runs.values()],
    transitions: cloud.transitions,
  };
}
