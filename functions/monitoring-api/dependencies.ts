import type * as z from 'zod';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { cohortStore } from '../../adapters/dynamo/cohorts.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { audiencePages } from '../../adapters/s3/audience-pages.ts';
import type { ScheduleDeps } from '../../engine/campaigns/read-schedule.ts';
import type { RecipientDeps } from '../../engine/campaigns/recipients.ts';
import { dynamo, s3 } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { cursorsOf, type HttpDeps, httpDeps, type Parts } from '../../runtime/http/dependencies.ts';
import type { EnvSchema } from './env.ts';

export type Deps = HttpDeps &
  RecipientDeps &
  ScheduleDeps &
  Pick<Parts, 'cohorts' | 'definitions' | 'metrics' | 'occurrences'>;

export function monitoringApiDeps(env: z.infer<typeof EnvSchema>): Deps {
  const tables = dynamo();
  const table = env.CATALOG_TABLE;
  return {
    ...httpDeps(tables, env),
    cursors: cursorsOf(env),
    definitions: definitionStore(tables, table),
    catalog: catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 }),
    rules: liveRules(tables, table),
    jobs: jobStore(tables, table),
    cohorts: cohortStore(tables, env.METRICS_TABLE),
    metrics: metricsStore(tables, env.METRICS_TABLE),
    occurrences: occurrenceStore(tables, table),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    runs: runStore(tables, env.RUNS_TABLE),
    messages: messageStore(tables, env.MESSAGES_TABLE),
    pages: audiencePages(s3(), env.OBJECTS_BUCKET),
  };
}
