import * as z from 'zod';
import { DefinitionIdSchema } from '../../definition-id.ts';
import { chosenUnion } from '../../definitions/keyed-union.ts';
import { RUN_ENDED } from '../../events/internal.ts';
import { lazySchema } from '../../lazy-schema.ts';
import { memoizeByObject } from '../../memoize.ts';
import { constant } from '../evaluation.ts';
import { WithinSchema } from '../within.ts';
import { evaluateEvents } from './event.ts';
import type { EventCondition } from './event-schema.ts';
import { requirementsOfEvents } from './measure-requirements.ts';
import type { Predicate } from './predicate.ts';

/** `{"journey": "wake", "is": "open"}`: a run has entered and not ended. */
export interface JourneyOpenCondition {
  journey: string;
  is: 'open';
}

/** `{"journey": "wake", "ended": "woken", "within": "30d"}`: a run ended with that outcome. */
export interface JourneyEndedCondition {
  journey: string;
  ended: string;
  /** A duration or `ever`, which is the default. */
  within?: string;
}

export type JourneyStateCondition = JourneyOpenCondition | JourneyEndedCondition;

const OpenSchema = z.strictObject({ journey: DefinitionIdSchema, is: z.literal('open', { error: 'must be "open"' }) });
const EndedSchema = lazySchema(() =>
  z.strictObject({
    journey: DefinitionIdSchema,
    ended: z.string().min(1, 'must be an outcome'),
    within: WithinSchema.optional(),
  }),
);

function choose(value: unknown) {
  if (typeof value !== 'object' || value === null) return 'must be a condition: an object';
  if ('ended' in value) return EndedSchema;
  return 'is' in value ? OpenSchema : 'needs is ("open") or ended (an outcome)';
}

/** Translates the condition to one on the event that Cairn sends at the end of a run. Returns the same object each time. */
const asEvents = memoizeByObject(
  ({ journey: id, ended, within }: JourneyEndedCondition): EventCondition => ({
    event: RUN_ENDED,
    where: { journey: id, outcome: ended },
    within,
  }),
);

export const journey: Predicate<JourneyStateCondition> = {
  schema: () => chosenUnion<JourneyStateCondition>([OpenSchema, EndedSchema], choose),
  evaluate: (condition, context) =>
    'ended' in condition
      ? evaluateEvents(asEvents(condition), context)
      : constant(context.journeys?.(condition.journey).open ?? false),
  references: (condition) => ({
    journeys: [condition.journey],
    events: 'ended' in condition ? [RUN_ENDED] : [],
  }),
  requirements: (condition) => ('ended' in condition ? requirementsOfEvents(asEvents(condition)) : []),
};
