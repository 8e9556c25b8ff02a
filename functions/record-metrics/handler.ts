import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { factFiles } from '../../adapters/s3/fact-files.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { metricsOf } from '../../core/metrics/ingestion-counters.ts';
import { MetricEventsMessageSchema } from '../../core/metrics/metric-event.ts';
import { arrivals } from '../../engine/metrics/arrivals.ts';
import { recordMetrics } from '../../engine/metrics/record-metrics.ts';
import { dynamo, dynamoOnce, s3, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { writeCloudWatchMetrics } from '../../runtime/cloudwatch-metrics.ts';
import { batchHandler } from '../../runtime/handlers/queue-handler.ts';
import { logger } from '../../runtime/log.ts';
import { followedCatalog } from '../../runtime/wiring/followed-catalog.ts';
import { EnvSchema } from './env.ts';

/** SQS `metric-events` (standard). */
export const handler = batchHandler({
  env: EnvSchema,
  body: MetricEventsMessageSchema,
  build: (env) => ({
    // An ADD whose response was lost is not repeated: one too few is better than one too many.
    metrics: metricsStore(dynamoOnce(), env.METRICS_TABLE, dynamo()),
    facts: factFiles(s3(), env.OBJECTS_BUCKET),
    catalog: followedCatalog(dynamo(), env),
    guardrails: queue(sqs(), env.GUARDRAILS_QUEUE_URL),
    again: queue(sqs(), env.METRIC_EVENTS_QUEUE_URL),
    arrivals: arrivals(),
    report: (counts) => writeCloudWatchMetrics(env.METRICS_NAMESPACE, metricsOf(counts)),
    clock: systemClock,
    log: logger,
  }),
  handleAll: recordMetrics,
});
