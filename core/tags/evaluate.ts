import { evaluate } from '../conditions/evaluate.ts';
import type { EvaluationContext } from '../conditions/evaluation-context.ts';
import type { Verdict } from '../conditions/verdict.ts';
import type { EpochMs } from '../ids.ts';
import type { HeldTag } from '../profiles/activity.ts';
import type { Rule } from './rule.ts';

/** Tags and segments of a profile share one record: a segment has the key `segment:<id>`. */
export const heldKey = ({ kind, id }: Pick<Rule, 'kind' | 'id'>): string => (kind === 'segment' ? `segment:${id}` : id);

export interface Flip {
  /** Key in the record: `segment:<id>` for segments. */
  id: string;
  on: boolean;
}

export interface RuledTags {
  tags: Record<string, HeldTag>;
  flips: Flip[];
  /** The earliest instant at which any rule's answer changes without an event. */
  changesAt?: EpochMs;
}

/**
 * Returns the tags and segments that are on at `context.now`. `rules` are in order (`orderRules`). A tag with a rule follows its rule, even if it was
 * set by hand before. A tag whose rule no longer exists goes off. All other tags stay.
 */
export function evaluateRules(
  rules: readonly Rule[],
  context: Omit<EvaluationContext, 'tag' | 'segment'>,
  held: Readonly<Record<string, HeldTag>>,
): RuledTags {
  // A Map, because a tag may be named `constructor`.
  const before = new Map(Object.entries(held));
  const verdicts = new Map<string, Verdict>();
  const ask = (key: string): Verdict => verdicts.get(key) ?? { is: before.has(key) };
  const whole: EvaluationContext = { ...context, tag: ask, segment: (id) => ask(`segment:${id}`) };
  const tags = new Map([...before].filter(([, tag]) => tag.by !== 'rule'));
  let changesAt: EpochMs | undefined;

  for (const rule of rules) {
    if (rule.definition.if === undefined) continue;
    const key = heldKey(rule);
    const verdict = evaluate(rule.definition.if, whole);
    verdicts.set(key, verdict);
    if (verdict.is) tags.set(key, heldBy(rule, verdict, before.get(key), context.now));
    else tags.delete(key);
    if (verdict.changesAt !== undefined) changesAt = Math.min(changesAt ?? verdict.changesAt, verdict.changesAt);
  }
  const ruled: RuledTags = { tags: Object.fromEntries(tags), flips: flipsOf(before, tags) };
  return changesAt === undefined ? ruled : { ...ruled, changesAt };
}

function heldBy(rule: Rule, verdict: Verdict, before: HeldTag | undefined, now: EpochMs): HeldTag {
  const tag: HeldTag = { since: before?.since ?? now, by: 'rule', rule: rule.version };
  return verdict.changesAt === undefined ? tag : { ...tag, until: verdict.changesAt };
}

function flipsOf(before: ReadonlyMap<string, HeldTag>, after: ReadonlyMap<string, HeldTag>): Flip[] {
  const gone = [...before.keys()].filter((id) => !after.has(id));
  const come = [...after.keys()].filter((id) => !before.has(id));
  return [...gone.map((id) => ({ id, on: false })), ...come.map((id) => ({ id, on: true }))];
}
