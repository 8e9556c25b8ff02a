import type { EpochMs } from '../ids.ts';
import { allOf, anyOf, type Evaluation, negated } from './evaluation.ts';
import type { EvaluationContext } from './evaluation-context.ts';
import { type Leaf, predicateOf } from './predicates/registry.ts';
import type { JourneyCondition } from './schema.ts';
import type { Verdict } from './verdict.ts';

/** So many instants ahead are tried for the one at which the truth really turns; each costs one more evaluation. */
const MAX_STEPS = 16;

/**
 * The truth at `context.now`, and when it next changes if nothing happens. `changesAt` is exact for everything but nests of `all`, `any`
 * whose parts turn more than 16 times without turning the whole, or whose tags turn before: then it is early, never late.
 */
export function evaluate(condition: JourneyCondition, context: EvaluationContext): Verdict {
  const evaluated = evaluateNow(condition, context);
  const changesAt = evaluated.early ? settle(condition, context, evaluated) : evaluated.changesAt;
  return changesAt === undefined ? { is: evaluated.is } : { is: evaluated.is, changesAt };
}

function evaluateNow(condition: JourneyCondition, context: EvaluationContext): Evaluation {
  if ('all' in condition) return allOf(condition.all.map((part) => evaluateNow(part, context)));
  if ('any' in condition) return anyOf(condition.any.map((part) => evaluateNow(part, context)));
  if ('not' in condition) return negated(evaluateNow(condition.not, context));
  const evaluated = predicateOf(condition).evaluate(condition, context);
  return context.traitChangesAt === undefined
    ? evaluated
    : untilTraitsChange(evaluated, condition, context.traitChangesAt);
}

/** What is asked of computed traits holds only as long as they stay what they are. */
function untilTraitsChange(
  evaluated: Evaluation,
  leaf: Leaf,
  changesAt: NonNullable<EvaluationContext['traitChangesAt']>,
): Evaluation {
  const instants = (predicateOf(leaf).references(leaf).traits ?? []).flatMap((name) => changesAt(name) ?? []);
  const soonest = Math.min(...instants, evaluated.changesAt ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(soonest) || soonest === evaluated.changesAt) return evaluated;
  return { is: evaluated.is, changesAt: soonest, early: true };
}

/** Goes from one instant at which the truth may turn to the next, to the first at which it does. */
function settle(
  condition: JourneyCondition,
  context: EvaluationContext,
  { is, changesAt }: Evaluation,
): EpochMs | undefined {
  let at = changesAt;
  for (let step = 0; at !== undefined && step < MAX_STEPS; step += 1) {
    const { later, isKnown } = laterContext(context, at);
    const next = evaluateNow(condition, later);
    if (next.is !== is || !isKnown()) return at;
    at = next.changesAt;
    if (!next.early) return at;
  }
  return at;
}

/** The context at a later instant, if nothing happens. Of a tag or a computed trait that turns until then nobody here knows how it goes on. */
function laterContext(context: EvaluationContext, now: EpochMs): { later: EvaluationContext; isKnown: () => boolean } {
  let known = true;
  const watched = (verdict: Verdict): Verdict => {
    if (verdict.changesAt !== undefined && verdict.changesAt <= now) known = false;
    return verdict;
  };
  const later: EvaluationContext = {
    ...context,
    now,
    trait(name) {
      const changesAt = context.traitChangesAt?.(name);
      if (changesAt !== undefined && changesAt <= now) known = false;
      return context.trait(name);
    },
    tag: (id) => watched(context.tag(id)),
    segment: (id) => watched(context.segment(id)),
  };
  return { later, isKnown: () => known };
}
