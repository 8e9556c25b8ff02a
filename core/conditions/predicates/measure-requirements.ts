import { memoizeByObject } from '../../memoize.ts';
import type { Comparison } from '../comparison.ts';
import type { EventRequirement } from '../event-requirement.ts';
import { MEASURE_NAMES, MEASURES, type MeasureName } from '../measures.ts';
import { lengthOf } from '../within.ts';
import type { EventCondition } from './event-schema.ts';

const AT_LEAST_ONE: Comparison = { gte: 1 };

export const eventNamesOf = ({ event }: EventCondition): string[] => (typeof event === 'string' ? [event] : event);

/** Returns each measure of a condition with its comparison. */
export function measuresOf(condition: EventCondition): [MeasureName, Comparison][] {
  const asked = MEASURE_NAMES.flatMap((name): [MeasureName, Comparison][] => {
    const comparison = condition[name];
    return comparison === undefined ? [] : [[name, comparison]];
  });
  return asked.length > 0 || condition.last ? asked : [['count', AT_LEAST_ONE]];
}

type RequirementsByMeasure = Partial<Record<MeasureName | 'last', EventRequirement>>;

/** Returns the event requirements of a condition, by measure. Returns the same objects each time. */
export const requirementsByMeasure = memoizeByObject((condition: EventCondition): RequirementsByMeasure => {
  const filter = eventFilterOf(condition);
  const requirements: RequirementsByMeasure = {};
  for (const [name, comparison] of measuresOf(condition))
    requirements[name] = requirementOf(condition, name, comparison);
  if (condition.last) requirements.last = { kind: 'count', ...filter, keep: 1 };
  return requirements;
});

/** Which events are meant. */
const eventFilterOf = (condition: EventCondition) => ({
  events: eventNamesOf(condition),
  where: condition.where,
  ...(condition.same === undefined ? {} : { same: condition.same }),
});

function requirementOf(condition: EventCondition, name: MeasureName, comparison: Comparison): EventRequirement {
  const kind = MEASURES[name].requirement;
  const of = 'of' in comparison && typeof comparison.of === 'string' ? comparison.of : undefined;
  const requirement = { kind, ...eventFilterOf(condition), of };
  const keep = kind === 'count' || kind === 'distinct' ? sufficientCount(comparison) : undefined;
  return keep === undefined ? { ...requirement, within: lengthOf(condition) } : { ...requirement, keep };
}

/** Returns the count above which more events make no difference, or undefined if an operand is not known in advance. */
function sufficientCount(comparison: Comparison): number | undefined {
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

export const requirementsOfEvents = (condition: EventCondition): readonly EventRequirement[] =>
  Object.values(requirementsByMeasure(condition));
