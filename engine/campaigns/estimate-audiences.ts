import type { Audience } from '../../core/campaigns/schema.ts';
import type { Condition } from '../../core/conditions/schema.ts';
import { ALL_PROFILES } from '../../core/jobs/job.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import { isFilled, type JobDeps } from '../jobs/start-job.ts';
import type { Clock } from '../ports.ts';
import { audienceEvaluator, type EvaluatorDeps } from '../profiles/audience-evaluator.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import { sampled } from '../profiles/preview-audience.ts';

export interface EstimateDeps extends EvaluatorDeps, Pick<JobDeps, 'jobs' | 'rules'> {
  profiles: EvaluatorDeps['profiles'] & Pick<ProfileStore, 'members' | 'countMembers' | 'query'>;
  catalog: Pick<CatalogStore, 'snapshot'>;
  clock: Clock;
}

/** Profiles among which all audiences that no index counts are estimated. */
const SAMPLE = 320;
const CONCURRENCY = 16;

/** About how many people each audience has now (undefined: everybody): by the index where it has them all, else among one sample for all of them. */
export async function estimateAudiences(
  deps: EstimateDeps,
  audiences: readonly (Audience | undefined)[],
): Promise<number[]> {
  const filled = await isFilled(deps);
  const memberKeys = audiences.map((audience) => memberKeyOf(audience, filled));
  const counted = new Map<string, number>();
  for (const key of new Set(memberKeys.flatMap((one) => one ?? [])))
    counted.set(key, await deps.profiles.countMembers(key));
  const asked = new Map<string, Condition>();
  for (const [index, audience] of audiences.entries())
    if (memberKeys[index] === undefined && audience !== undefined && !('list' in audience))
      asked.set(JSON.stringify(audience), audience);
  const estimates = await estimated(deps, asked);
  return audiences.map(
    (audience, index) => counted.get(memberKeys[index] ?? '') ?? estimates.get(JSON.stringify(audience)) ?? 0,
  );
}

/** Where its members are listed; undefined: nowhere. */
function memberKeyOf(audience: Audience | undefined, filled: boolean): string | undefined {
  if (audience === undefined) return ALL_PROFILES;
  if ('list' in audience) return `list:${audience.list}`;
  if (filled && 'segment' in audience) return `segment:${audience.segment}`;
  return filled && 'tag' in audience ? audience.tag : undefined;
}

async function estimated(deps: EstimateDeps, asked: ReadonlyMap<string, Condition>): Promise<Map<string, number>> {
  if (asked.size === 0) return new Map();
  const { snapshot } = await deps.catalog.snapshot();
  const { keys, people } = await sampled(deps, ALL_PROFILES, SAMPLE);
  const evaluated = audienceEvaluator(deps, [...asked.values()], snapshot, deps.clock());
  const verdicts = await mapWithConcurrency(CONCURRENCY, keys, async (key) =>
    evaluated(key, await deps.profiles.query(key)),
  );
  const factor = keys.length === 0 ? 0 : people / keys.length;
  return new Map(
    [...asked.keys()].map((name, index) => [
      name,
      Math.round(verdicts.filter((verdict) => verdict[index]).length * factor),
    ]),
  );
}
