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

/** What tags and segments may ask. */
export type RuleLeaf =
  | TraitCondition
  | TagCondition
  | SegmentCondition
  | Omit<EventCondition, 'since'>
  | TemplateCondition
  | FatiguedCondition
  | JourneyStateCondition;

/** What journeys may ask. */
export type Leaf = RuleLeaf | EventCondition | MessageCondition | CouponCondition | DataCondition;

/** Every condition that holds no other, by the field that it is known by. */
// Each takes only its own kind, and `predicateOf` hands it no other: methods are compared bivariantly, so this needs no cast.
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

/** The predicate of a parsed condition. @throws TypeError where the schema would have refused it. */
export function predicateOf(condition: Leaf): Predicate<Leaf> {
  const key = KEYS.find((name) => Object.hasOwn(condition, name));
  const predicate = key === undefined ? undefined : PREDICATES[key];
  if (predicate === undefined) throw new TypeError(`not a condition: ${JSON.stringify(condition)}`);
  return predicate;
}
