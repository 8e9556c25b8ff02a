import type * as z from 'zod';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { campaignPlanner } from '../../adapters/lambda/campaign-planner.ts';
import { audiencePages } from '../../adapters/s3/audience-pages.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import type { BeginDeps } from '../../engine/campaigns/begin-occurrence.ts';
import type { ControlDeps } from '../../engine/campaigns/control.ts';
import type { BulkDepth } from '../../engine/campaigns/ports.ts';
import { type Tally, tallyOf } from '../../engine/campaigns/tally.ts';
import type { DefinitionStore } from '../../engine/definitions/ports.ts';
import { dynamo, lambda, s3, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { cursorsOf, type HttpDeps, httpDeps, type Parts } from '../../runtime/http/dependencies.ts';
import { bulkDepth } from '../../runtime/wiring/bulk-depth.ts';
import type { EnvSchema } from './env.ts';

export type Deps = HttpDeps &
  Omit<BeginDeps & ControlDeps, 'catalog' | 'rules'> & {
    rules: BeginDeps['rules'];
    definitions: DefinitionStore;
    tally: Tally;
    depth: BulkDepth;
  } & Pick<Parts, 'catalog' | 'profiles' | 'runs' | 'messages' | 'pages' | 'planCampaign'>;

export function campaignsApiDeps(env: z.infer<typeof EnvSchema>): Deps {
  const [tables, queues] = [dynamo(), sqs()];
  const table = env.CATALOG_TABLE;
  return {
    ...httpDeps(tables, env),
    cursors: cursorsOf(env),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    runs: runStore(tables, env.RUNS_TABLE),
    messages: messageStore(tables, env.MESSAGES_TABLE),
    pages: audiencePages(s3(), env.OBJECTS_BUCKET),
    planCampaign: campaignPlanner(lambda(), env.PLAN_CAMPAIGN_FUNCTION_NAME),
    definitions: definitionStore(tables, table),
    rules: liveRules(tables, table),
    catalog: catalogStore(tables, { table, clock: systemClock, pointerMaxAgeMs: 0 }),
    jobs: jobStore(tables, table),
    occurrences: occurrenceStore(tables, table),
    wakes: wakeStore(tables, table),
    tally: tallyOf(metricsStore(tables, env.METRICS_TABLE), systemClock),
    depth: bulkDepth(queues, env),
    queues: { jobs: queue(queues, env.JOBS_QUEUE_URL), campaigns: queue(queues, env.CAMPAIGNS_QUEUE_URL) },
  };
}
