import { asksBeyondTimeline, BEYOND_TIMELINE } from '../../conditions/beyond-timeline.ts';
import { referencesOf } from '../../conditions/references.ts';
import type { Condition, JourneyCondition } from '../../conditions/schema.ts';
import { placedLeaves } from '../../conditions/tree.ts';
import { DefinitionIdSchema } from '../../definition-id.ts';
import type { Issue, Reference } from '../../definitions/definition.ts';
import { orderRules } from '../../tags/order.ts';
import type { Rule } from '../../tags/rule.ts';
import { ruleKey } from '../build-snapshot.ts';
import { type CheckView, unknownReferences } from '../kind.ts';
import type { Snapshot } from '../snapshot.ts';

/** Functions that tags and segments share: both are a condition among the ordered rules. */

export function referencesOfCondition(condition: JourneyCondition | undefined): Reference[] {
  if (condition === undefined) return [];
  const named = referencesOf(condition);
  return [
    ...named.tags.map((id): Reference => ({ kind: 'tags', id })),
    ...named.segments.map((id): Reference => ({ kind: 'segments', id })),
    ...named.templates.map((id): Reference => ({ kind: 'templates', id })),
    ...named.journeys.map((id): Reference => ({ kind: 'journeys', id })),
    ...computedIn(named.traits),
  ];
}

/** Returns the traits of a condition that may be computed traits. A plain trait can have any name. */
export const computedIn = (traits: readonly string[]): Reference[] =>
  traits.flatMap((id) => (DefinitionIdSchema.safeParse(id).success ? [{ kind: 'computed-traits', id }] : []));

/** Returns the warnings about a rule's condition: names that do not exist, and data that the condition cannot see. */
export function conditionWarnings(condition: Condition | undefined, view: CheckView): Issue[] {
  if (condition === undefined) return [];
  return placedLeaves(condition, ['if']).flatMap(({ leaf, path: keys }) => {
    const path = `/${keys.join('/')}`;
    return [
      ...unknownReferences(referencesOfCondition(leaf), view, path),
      ...(asksBeyondTimeline(leaf) ? [{ path, message: BEYOND_TIMELINE }] : []),
    ];
  });
}

/** Returns an error for a rule that would reference itself through others. */
export function cycleErrors(rule: Rule, view: CheckView): Issue[] {
  const ordered = orderRules(withRule(view.live.rules, rule));
  if (!('cycle' in ordered)) return [];
  return [{ path: '/if', message: `refers to itself: ${ordered.cycle.join(' → ')}` }];
}

function withRule(rules: Rule[], rule: Rule): Rule[] {
  return [...rules.filter((one) => ruleKey(one) !== ruleKey(rule)), rule];
}

export function applyRule(rules: Snapshot, id: string, kind: Rule['kind'], rule: Rule | undefined): Snapshot {
  const others = rules.rules.filter((one) => one.kind !== kind || one.id !== id);
  return { ...rules, rules: rule?.definition.if === undefined ? others : [...others, rule] };
}
