import type { EventRequirement, EventSource } from '../conditions/event-requirement.ts';
import { lengthOf } from '../conditions/within.ts';
import type { EpochMs } from '../ids.ts';
import { AGGREGATE_NAMES, AGGREGATES, type AggregateFunction } from './aggregates.ts';
import type { ComputedTrait } from './schema.ts';

export interface Computed {
  /** Undefined if there is nothing to aggregate. */
  value: unknown;
  /** When the value can next change without an event, because its oldest event leaves the window. */
  changesAt?: EpochMs;
}

function figureOf(definition: ComputedTrait): { figure: AggregateFunction; of?: string } {
  const name = AGGREGATE_NAMES.find((one) => definition[one] !== undefined);
  if (name === undefined) throw new TypeError('a computed trait has a figure: its schema asks for one');
  const of = definition[name]?.of;
  return { figure: AGGREGATES[name], ...(of === undefined ? {} : { of }) };
}

const known = new WeakMap<ComputedTrait, EventRequirement>();

/** Returns the events that the computed trait needs. Returns the same object each time. */
export function needOf(definition: ComputedTrait): EventRequirement {
  const before = known.get(definition);
  if (before) return before;
  const { figure, of } = figureOf(definition);
  const { event, where } = definition;
  const base = { kind: figure.need, events: typeof event === 'string' ? [event] : event, where, of };
  const need: EventRequirement =
    figure.keep === undefined ? { ...base, within: lengthOf(definition) } : { ...base, keep: figure.keep };
  known.set(definition, need);
  return need;
}

/** The trait's value at `now`. */
export function compute(definition: ComputedTrait, events: EventSource, now: EpochMs): Computed {
  const length = lengthOf(definition);
  const after = length === undefined ? Number.NEGATIVE_INFINITY : now - length;
  const rows = events.rows(needOf(definition), NO_LOOKUP).filter(({ at }) => at > after && at <= now);
  const value = figureOf(definition).figure.aggregate(rows);
  const [oldest] = rows;
  return length === undefined || oldest === undefined ? { value } : { value, changesAt: oldest.at + length };
}

/** As in every rule, operands are literals, because an event is evaluated once, when it arrives. */
const NO_LOOKUP = { trait: () => undefined };
