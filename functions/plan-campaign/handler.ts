import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { eventNames } from '../../adapters/dynamo/event-names.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { secretStore } from '../../adapters/dynamo/secrets.ts';
import type { Campaign } from '../../core/campaigns/schema.ts';
import { checkAndPlan } from '../../engine/campaigns/check-campaign.ts';
import type { CheckedPlan } from '../../engine/campaigns/ports.ts';
import { dynamo } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { EnvSchema } from './env.ts';

interface Request {
  id: string;
  campaign: Campaign;
}

/** Invoked by `campaigns-api` for a plan and for a submission. It writes nothing. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => {
    const tables = dynamo();
    const table = env.CATALOG_TABLE;
    return {
      definitions: definitionStore(tables, table),
      rules: liveRules(tables, table),
      catalog: catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 }),
      jobs: jobStore(tables, table),
      eventNames: eventNames(tables, table),
      secrets: secretStore(tables, table),
      profiles: profileStore(tables, env.PROFILES_TABLE),
      runs: runStore(tables, env.RUNS_TABLE),
      clock: systemClock,
    };
  },
  handle: (deps, { id, campaign }: Request): Promise<CheckedPlan> => checkAndPlan(deps, id, campaign),
});
