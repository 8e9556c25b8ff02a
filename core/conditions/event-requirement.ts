import { canonicalJson } from '../definitions/canonical.ts';
import type { CairnEvent } from '../events/event.ts';
import type { EpochMs } from '../ids.ts';
import { shortHash } from '../ids.ts';
import type { Lookup } from './comparison.ts';
import { elementsOf } from './paths.ts';
import { isSameKey, type Same } from './same.ts';
import { canonicalWhere, matchesWhere, propertyValues, type Where } from './where.ts';

/**
 * Kind of the requirement: the number of events; or, of a property, its numbers, its minimum, its maximum, its distinct values, all values, or the
 * oldest one.
 */
export type RequirementKind = 'count' | 'numbers' | 'min' | 'max' | 'distinct' | 'values' | 'first';

/** Data that one condition needs of the events. Equal requirements of different rules are stored once. */
export interface EventRequirement {
  kind: RequirementKind;
  /** Any of these names; in order. */
  events: readonly string[];
  where?: Where;
  /** Only in a journey's run: no feature can be kept for it. */
  same?: Same;
  /** Property path; absent for `count`. */
  of?: string;
  /** Longer ago than this (ms) nothing is needed; absent: ever. */
  within?: number;
  /** Number of newest rows that suffice for count and distinct. They are kept however old they are, so that windows share them. */
  keep?: number;
}

/** One value at one instant; of merged rows, several. */
export interface Row {
  at: EpochMs;
  /** How many values it stands for. */
  n: number;
  /** numbers: their sum; min, max: the number; distinct: hash of the value, absent for merged ones; values, first: the value. */
  value?: number | string | boolean;
}

/** 8 characters, the same for equal requirements. */
export function requirementId(requirement: EventRequirement): string {
  const { kind, of, within, keep } = requirement;
  const events = [...new Set(requirement.events)].sort();
  const where = requirement.where && canonicalWhere(requirement.where);
  return shortHash(canonicalJson({ kind, events, where, of, within, keep }));
}

/** Returns the rows that an event adds to a requirement; none if the event is not one of those required. */
export function rowsOf(event: CairnEvent, requirement: EventRequirement, lookup?: Lookup): Row[] {
  if (event.name === undefined || !requirement.events.includes(event.name)) return [];
  if (!matchesWhere(requirement.where, event, lookup) || !isSameKey(requirement.same, lookup?.data, event.properties))
    return [];
  const { at } = event;
  if (requirement.kind === 'count' || requirement.of === undefined) return [{ at, n: 1 }];
  const values = elementsOf(propertyValues(event, requirement.of));
  if (requirement.kind === 'distinct')
    return values.map((value) => ({ at, n: 1, value: shortHash(canonicalJson(value)) }));
  if (requirement.kind === 'values' || requirement.kind === 'first')
    return values.filter(isKeepable).map((value) => ({ at, n: 1, value }));
  return values.filter(isNumber).map((value) => ({ at, n: 1, value }));
}

/** JSON has no infinity, but a number too great for it becomes one. */
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** Longer texts are no useful trait values. */
const LONGEST_TEXT = 200;

const isKeepable = (value: unknown): value is number | string | boolean =>
  isNumber(value) || typeof value === 'boolean' || (typeof value === 'string' && value.length <= LONGEST_TEXT);

/** Oldest first; ties in an order that does not depend on arrival. */
export const sortRows = (rows: readonly Row[]): Row[] =>
  [...rows].sort(
    (a, b) => a.at - b.at || Number((a.value ?? 0) > (b.value ?? 0)) - Number((a.value ?? 0) < (b.value ?? 0)),
  );

/** Source of events for conditions: the packed features of a profile, or its timeline. */
export interface EventSource {
  /** Returns the rows for this requirement, oldest first. It may or may not return rows that are older than required. */
  rows(requirement: EventRequirement, lookup: Lookup): readonly Row[];
}
