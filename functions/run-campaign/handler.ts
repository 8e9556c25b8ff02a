import { auditLog } from '../../adapters/dynamo/audit.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { occurrenceStore } from '../../adapters/dynamo/occurrences.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { audiencePages } from '../../adapters/s3/audience-pages.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { handleCampaign } from '../../engine/campaigns/handle-message.ts';
import { CampaignMessageSchema } from '../../engine/campaigns/messages.ts';
import { tallyOf } from '../../engine/campaigns/tally.ts';
import { dynamo, s3, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { bulkDepth } from '../../runtime/wiring/bulk-depth.ts';
import { pausingDeps } from '../../runtime/wiring/pausing.ts';
import { senderQueues } from '../../runtime/wiring/sender-queues.ts';
import { EnvSchema } from './env.ts';

/** SQS `campaigns` (standard): at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: CampaignMessageSchema,
  build: (env) => {
    const [tables, queues] = [dynamo(), sqs()];
    const table = env.CATALOG_TABLE;
    const { catalog, clock, ...acting } = pausingDeps(env);
    return {
      acting,
      catalog,
      clock,
      occurrences: occurrenceStore(tables, table),
      jobs: jobStore(tables, table),
      rules: liveRules(tables, table),
      wakes: wakeStore(tables, table),
      audit: auditLog(tables, table),
      pages: audiencePages(s3(), env.OBJECTS_BUCKET),
      tally: tallyOf(metricsStore(tables, env.METRICS_TABLE), systemClock, catalog),
      bulk: senderQueues(queues, env),
      depth: bulkDepth(queues, env),
      queues: { jobs: queue(queues, env.JOBS_QUEUE_URL), campaigns: queue(queues, env.CAMPAIGNS_QUEUE_URL) },
    };
  },
  handle: handleCampaign,
});
