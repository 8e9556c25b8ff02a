import { type CouponCondition, coupon } from './coupon.ts';
import { type DataCondition, data } from './data.ts';
import { event } from './event.ts';
import type { EventCondition } from './event-schema.ts';
import { type FatiguedCondition, fatigued } from './fatigued.ts';
import { type JourneyStateCondition, journey } from './journey.ts';
import { type MessageCondition, message } from './message.ts';
import type { Predicate } from './predicate.ts';
import { type SegmentCondition, segment } from './segment.ts';
import { type TagCondition, tag } from './tag.ts';
import { type TemplateCondition, template } from './template.ts';
import { type TraitCondition, trait } from './trait.ts';

/** Conditions that tags and segments may use. */
export type RuleLeaf =
  | TraitCondition
  | TagCondition
  | SegmentCondition
  | Omit<EventCondition, 'since'>
  | TemplateCondition
  | FatiguedCondition
  | JourneyStateCondition;

/** Conditions that journeys may use. */
export type Leaf = RuleLeaf | EventCondition | MessageCondition | CouponCondition | DataCondition;

/** Every condition that contains no others, by the field that identifies it. */
// Each accepts only its own kind, and `predicateOf` passes it no other: methods are compared bivariantly, so this needs no cast.
export const PREDICATES: Readonly<Record<string, Predicate<Leaf>>> = {
  trait,
  tag,
  segment,
  event,
  template,
  fatigued,
  journey,
  message,
  coupon,
  data,
};

const KEYS = Object.keys(PREDICATES);

/** Returns the predicate of a parsed condition. @throws TypeError if the schema would have refused it */
export function predicateOf(condition: Leaf): Predicate<Leaf> {
  const key = KEYS.find((name) => Object.hasOwn(condition, name));
  const predicate = key === undefined ? undefined : PREDICATES[key];
  if (predicate === undefined) throw new TypeError(`not a condition: ${JSON.stringify(condition)}`);
  return predicate;
}
