import type { EvaluationContext } from '../../../core/conditions/evaluation-context.ts';
import { timelineSource } from '../../../core/conditions/event-source.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { parseInstant } from '../../../core/time/instant.ts';

/** Epoch ms of a date that the test knows to be one. */
export const at = (text: string): number => parseInstant(text) ?? Number.NaN;

export const DAY = 86_400_000;
export const NOW = at('2026-11-24T04:00:00.000Z');

let count = 0;

export function event(
  name: string,
  ms: number,
  properties: Record<string, unknown> = {},
  rest: Partial<CairnEvent> = {},
): CairnEvent {
  count += 1;
  return { id: `e${count}`, type: 'track', name, at: ms, receivedAt: ms, index: 0, properties, key: 'server', ...rest };
}

/** A context of a customer without data in Shanghai at `NOW`. */
export function context(
  rest: Partial<Omit<EvaluationContext, 'trait' | 'events'>> & {
    traits?: Record<string, unknown>;
    events?: CairnEvent[];
  } = {},
): EvaluationContext {
  const { traits = {}, events = [], ...facts } = rest;
  return {
    now: NOW,
    timezone: 'Asia/Shanghai',
    trait: (name) => (Object.hasOwn(traits, name) ? traits[name] : undefined),
    tag: () => ({ is: false }),
    segment: () => ({ is: false }),
    events: timelineSource(events),
    ...facts,
  };
}
