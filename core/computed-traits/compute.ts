import type { EventRequirement, EventSource } from '../conditions/event-requirement.ts';
import { lengthOf } from '../conditions/within.ts';
import type { EpochMs } from '../ids.ts';
import { memoizeByObject } from '../memoize.ts';
import { AGGREGATE_NAMES, AGGREGATES, type AggregateFunction } from './aggregates.ts';
import type { ComputedTrait } from './schema.ts';

export interface Computed {
  /** Undefined if there is nothing to aggregate. */
  value: unknown;
  /** When the value can next change without an event, because its oldest event leaves the window. */
  changesAt?: EpochMs;
}

function aggregateOf(definition: ComputedTrait): { aggregate: AggregateFunction; of?: string } {
  const name = AGGREGATE_NAMES.find((one) => definition[one] !== undefined);
  if (name === undefined) throw new TypeError('a computed trait has an aggregate: its schema asks for one');
  const of = definition[name]?.of;
  return { aggregate: AGGREGATES[name], ...(of === undefined ? {} : { of }) };
}

/** Returns the events that the computed trait needs. Returns the same object each time. */
export const requirementOf = memoizeByObject((definition: ComputedTrait): EventRequirement => {
  const { aggregate, of } = aggregateOf(definition);
  const { event, where } = definition;
  const base = { kind: aggregate.requirement, events: typeof event === 'string' ? [event] : event, where, of };
  return aggregate.keep === undefined ? { ...base, within: lengthOf(definition) } : { ...base, keep: aggregate.keep };
});

/** The trait's value at `now`. */
export function compute(definition: ComputedTrait, events: EventSource, now: EpochMs): Computed {
  const length = lengthOf(definition);
  const after = length === undefined ? Number.NEGATIVE_INFINITY : now - length;
  const rows = events.rows(requirementOf(definition), NO_LOOKUP).filter(({ at }) => at > after && at <= now);
  const value = aggregateOf(definition).aggregate.aggregate(rows);
  const [oldest] = rows;
  return length === undefined || oldest === undefined ? { value } : { value, changesAt: oldest.at + length };
}

/** As in every rule, operands are literals, because an event is evaluated once, when it arrives. */
const NO_LOOKUP = { trait: () => undefined };
