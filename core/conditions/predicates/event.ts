import { durationMs } from '../../time/duration.ts';
import { type Comparison, type Lookup, passes, traitsOf } from '../comparison.ts';
import { allOf, type Evaluation, FALSE, turning } from '../evaluation.ts';
import type { EvaluationContext } from '../evaluation-context.ts';
import type { EventRequirement } from '../event-requirement.ts';
import { MEASURES } from '../measures.ts';
import { traitsOfWhere } from '../where.ts';
import { type EventWindow, evaluateWindow } from '../window.ts';
import { lengthOf } from '../within.ts';
import { type EventCondition, eventSchema } from './event-schema.ts';
import { eventNamesOf, measuresOf, requirementsByMeasure, requirementsOfEvents } from './measure-requirements.ts';
import type { Predicate } from './predicate.ts';

/** Undefined if the window starts with something that has not happened. */
function windowOf(condition: EventCondition, { now, run }: EvaluationContext): EventWindow | undefined {
  const length = lengthOf(condition);
  if (length !== undefined) return { after: now - length, length };
  if (condition.since === undefined) return { after: Number.NEGATIVE_INFINITY };
  const after = condition.since === 'entry' ? run?.at : run?.visitedAt(condition.since);
  return after === undefined ? undefined : { after };
}

export function evaluateEvents(condition: EventCondition, context: EvaluationContext): Evaluation {
  const requirements = requirementsByMeasure(condition);
  if (condition.last && requirements.last) return evaluateLast(condition.last, requirements.last, context);
  const window = windowOf(condition, context);
  if (window === undefined) return FALSE;
  return allOf(
    measuresOf(condition).map(([name, comparison]) => {
      const requirement = requirements[name];
      const rows = requirement ? context.events.rows(requirement, context) : [];
      return evaluateWindow(rows, window, context.now, MEASURES[name], (figure) =>
        aggregatePasses(figure, comparison, context),
      );
    }),
  );
}

/** Without events, an average or an extreme has no value, and no comparison holds. */
const aggregatePasses = (figure: number | undefined, comparison: Comparison, lookup: Lookup): boolean =>
  figure !== undefined && passes([figure], comparison, lookup);

function evaluateLast(
  last: NonNullable<EventCondition['last']>,
  requirement: EventRequirement,
  context: EvaluationContext,
): Evaluation {
  const { now } = context;
  const rows = context.events.rows(requirement, context);
  const ahead = rows.find((row) => row.at > now)?.at;
  const newest = rows.findLast((row) => row.at <= now)?.at;
  // An event in the future can only come from clocks that differ; it may change nothing.
  if (ahead !== undefined)
    return { is: newest !== undefined && evaluateAge(newest, last, now).is, changesAt: ahead, early: true };
  return newest === undefined ? FALSE : evaluateAge(newest, last, now);
}

function evaluateAge(
  at: number,
  { olderThan, newerThan }: NonNullable<EventCondition['last']>,
  now: number,
): Evaluation {
  const parts: Evaluation[] = [];
  if (olderThan !== undefined) parts.push(turning(false, at + durationMs(olderThan), now));
  if (newerThan !== undefined) parts.push(turning(true, at + durationMs(newerThan), now));
  return allOf(parts);
}

export const event: Predicate<EventCondition> = {
  schema: eventSchema,
  evaluate: evaluateEvents,
  references: (condition) => ({
    events: eventNamesOf(condition),
    traits: [
      ...traitsOfWhere(condition.where),
      ...measuresOf(condition).flatMap(([, comparison]) => traitsOf(comparison)),
    ],
  }),
  requirements: requirementsOfEvents,
};
