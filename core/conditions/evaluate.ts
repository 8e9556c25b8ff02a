import type { EpochMs } from '../ids.ts';
import { allOf, anyOf, type Evaluation, negated } from './evaluation.ts';
import type { EvaluationContext } from './evaluation-context.ts';
import { type Leaf, predicateOf } from './predicates/registry.ts';
import type { JourneyCondition } from './schema.ts';
import type { Verdict } from './verdict.ts';

/** Most future instants that are tried to find the one at which the truth really changes; each costs one more evaluation. */
const MAX_STEPS = 16;

/**
 * Returns the truth at `context.now`, and when it next changes without new events. `changesAt` is exact, with one exception: in nested `all` and
 * `any`, if parts change more than 16 times without changing the whole, or if tags change before, it is early, never late.
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

/** A condition on computed traits holds only until one of them changes. */
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

/** Tries one possible instant of change after another, up to the first at which the truth really changes. */
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

/** Returns the context at a later instant without new events. If a tag or a computed trait changes before, its later value is unknown here. */
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
