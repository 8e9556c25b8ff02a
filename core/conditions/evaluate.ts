import type { EpochMs } from '../ids.ts';
import { allOf, anyOf, type Evaluation, negated } from './evaluation.ts';
import type { Verdict, EvaluationContext } from './evaluation-context.ts';
import { predicateOf, type Leaf } from './predicates/registry.ts';
import type { JourneyCondition } from './schema.ts';

/** So many instants ahead are tried for the one at which the truth really turns; each costs one more evaluation. */
const MOST_STEPS = 16;

/**
 * The truth at `world.now`, and when it next changes if nothing happens. `changesAt` is exact for everything but nests of `all`, `any`
 * whose parts turn more than 16 times without turning the whole, or whose tags turn before: then it is early, never late.
 */
export function evaluate(condition: JourneyCondition, world: EvaluationContext): Verdict {
  const judged = judge(condition, world);
  const changesAt = judged.early ? settle(condition, world, judged) : judged.changesAt;
  return changesAt === undefined ? { is: judged.is } : { is: judged.is, changesAt };
}

function judge(condition: JourneyCondition, world: EvaluationContext): Evaluation {
  if ('all' in condition) return allOf(condition.all.map((part) => judge(part, world)));
  if ('any' in condition) return anyOf(condition.any.map((part) => judge(part, world)));
  if ('not' in condition) return negated(judge(condition.not, world));
  const judged = predicateOf(condition).judge(condition, world);
  return world.traitChangesAt === undefined ? judged : untilTraitsChange(judged, condition, world.traitChangesAt);
}

/** What is asked of computed traits holds only as long as they stay what they are. */
function untilTraitsChange(judged: Evaluation, leaf: Leaf, changesAt: NonNullable<EvaluationContext['traitChangesAt']>): Evaluation {
  const instants = (predicateOf(leaf).references(leaf).traits ?? []).flatMap((name) => changesAt(name) ?? []);
  const soonest = Math.min(...instants, judged.changesAt ?? Number.POSITIVE_INFINITY);
  if (!Number.isFinite(soonest) || soonest === judged.changesAt) return judged;
  return { is: judged.is, changesAt: soonest, early: true };
}

/** Goes from one instant at which the truth may turn to the next, to the first at which it does. */
function settle(condition: JourneyCondition, world: EvaluationContext, { is, changesAt }: Evaluation): EpochMs | undefined {
  let at = changesAt;
  for (let step = 0; at !== undefined && step < MOST_STEPS; step += 1) {
    const { later, isKnown } = laterWorld(world, at);
    const next = judge(condition, later);
    if (next.is !== is || !isKnown()) return at;
    at = next.changesAt;
    if (!next.early) return at;
  }
  return at;
}

/** The world at a later instant, if nothing happens. Of a tag or a computed trait that turns until then nobody here knows how it goes on. */
function laterWorld(world: EvaluationContext, now: EpochMs): { later: EvaluationContext; isKnown: () => boolean } {
  let known = true;
  const watched = (verdict: Verdict): Verdict => {
    if (verdict.changesAt !== undefined && verdict.changesAt <= now) known = false;
    return verdict;
  };
  const later: EvaluationContext = {
    ...world,
    now,
    trait(name) {
      const changesAt = world.traitChangesAt?.(name);
      if (changesAt !== undefined && changesAt <= now) known = false;
      return world.trait(name);
    },
    tag: (id) => watched(world.tag(id)),
    segment: (id) => watched(world.segment(id)),
  };
  return { later, isKnown: () => known };
}
