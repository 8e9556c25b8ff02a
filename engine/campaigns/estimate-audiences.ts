import type { Audience } from '../../core/campaigns/schema.ts';
import type { Condition } from '../../core/conditions/schema.ts';
import { ALL_PROFILES } from '../../core/jobs/all-profiles.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import { isFilled, listedMembersKey, type StartJobDeps } from '../jobs/start-job.ts';
import type { Clock } from '../ports.ts';
import { audienceEvaluator, type EvaluatorDeps } from '../profiles/audience-evaluator.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import { sampled } from '../profiles/preview-audience.ts';

export interface EstimateDeps extends EvaluatorDeps, Pick<StartJobDeps, 'jobs' | 'rules'> {
  profiles: EvaluatorDeps['profiles'] & Pick<ProfileStore, 'members' | 'countMembers' | 'query'>;
  catalog: Pick<CatalogStore, 'snapshot'>;
  clock: Clock;
}

/** Profiles among which all audiences that no index counts are estimated. */
const SAMPLE = 320;
/** Most audiences that one call counts. */
export const MAX_AUDIENCES = 100;
const CONCURRENCY = 16;
/** Audiences that the index counts at once: each is a query of every shard. */
const COUNTED_AT_ONCE = 8;

/** Equal audiences have equal names. */
export const audienceName = (audience: Audience | undefined): string => JSON.stringify(audience ?? null);

/**
 * About how many people each audience has now (undefined: everybody): by the index where it has them all, else among one sample for all of them. Undefined
 * for those that come after the first `MAX_AUDIENCES` different ones.
 */
export async function estimateAudiences(
  deps: EstimateDeps,
  audiences: readonly (Audience | undefined)[],
): Promise<(number | undefined)[]> {
  const filled = await isFilled(deps);
  const different = [...new Map(audiences.map((one) => [audienceName(one), one]))].slice(0, MAX_AUDIENCES);
  const placed = different.map(([name, audience]) => ({ name, audience, key: memberKeyOf(audience, filled) }));
  const listed = placed.flatMap(({ name, key }) => (key === undefined ? [] : [{ name, key }]));
  const counted = await mapWithConcurrency(
    COUNTED_AT_ONCE,
    listed,
    async ({ name, key }) => [name, await deps.profiles.countMembers(key)] as const,
  );
  const asked = placed.flatMap(({ name, audience, key }) =>
    key !== undefined || audience === undefined || 'list' in audience ? [] : [[name, audience] as const],
  );
  const sizes = new Map([...counted, ...(await estimated(deps, new Map(asked)))]);
  return audiences.map((audience) => sizes.get(audienceName(audience)));
}

/** Returns the key under which its members are listed; undefined: they are listed nowhere. */
const memberKeyOf = (audience: Audience | undefined, isIndexFilled: boolean): string | undefined =>
  audience === undefined ? ALL_PROFILES : listedMembersKey(audience, isIndexFilled);

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
