import type { Comparison } from '../comparison.ts';
import type { EventRequirement } from '../event-requirement.ts';
import { MEASURE_NAMES, MEASURES, type MeasureName } from '../measures.ts';
import { lengthOf } from '../within.ts';
import type { EventCondition } from './event-schema.ts';

const AT_LEAST_ONE: Comparison = { gte: 1 };

export const namesOf = ({ event }: EventCondition): string[] => (typeof event === 'string' ? [event] : event);

/** Returns each measure of a condition with its comparison. */
export function measured(condition: EventCondition): [MeasureName, Comparison][] {
  const asked = MEASURE_NAMES.flatMap((name): [MeasureName, Comparison][] => {
    const comparison = condition[name];
    return comparison === undefined ? [] : [[name, comparison]];
  });
  return asked.length > 0 || condition.last ? asked : [['count', AT_LEAST_ONE]];
}

type EventNeeds = Partial<Record<MeasureName | 'last', EventRequirement>>;
const known = new WeakMap<EventCondition, EventNeeds>();

/** Returns the event requirements of a condition, by measure. Returns the same objects each time. */
export function needsByMeasure(condition: EventCondition): EventNeeds {
  const before = known.get(condition);
  if (before) return before;
  const meant = meantBy(condition);
  const needs: EventNeeds = {};
  for (const [name, comparison] of measured(condition)) needs[name] = needOf(condition, name, comparison);
  if (condition.last) needs.last = { kind: 'count', ...meant, keep: 1 };
  known.set(condition, needs);
  return needs;
}

/** Which events are meant. */
const meantBy = (condition: EventCondition) => ({
  events: namesOf(condition),
  where: condition.where,
  ...(condition.same === undefined ? {} : { same: condition.same }),
});

function needOf(condition: EventCondition, name: MeasureName, comparison: Comparison): EventRequirement {
  const kind = MEASURES[name].need;
  const of = 'of' in comparison && typeof comparison.of === 'string' ? comparison.of : undefined;
  const need = { kind, ...meantBy(condition), of };
  const keep = kind === 'count' || kind === 'distinct' ? enough(comparison) : undefined;
  return keep === undefined ? { ...need, within: lengthOf(condition) } : { ...need, keep };
}

/** Returns the count above which more events make no difference, or undefined if an operand is not known in advance. */
function enough(comparison: Comparison): number | undefined {
  let most = 1;
  for (const [name, operand] of Object.entries(comparison)) {
    if (name === 'of' || operand === undefined) continue;
    for (const one of Array.isArray(operand) ? operand : [operand]) {
      if (typeof one !== 'number') return undefined;
      most = Math.max(most, name === 'gte' || name === 'lt' ? Math.ceil(one) : Math.floor(one) + 1);
    }
  }
  return most;
}

export const eventNeeds = (condition: EventCondition): readonly EventRequirement[] =>
  Object.values(needsByMeasure(condition));
