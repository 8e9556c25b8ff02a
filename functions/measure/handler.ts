import { FactsMessageSchema } from '../../core/measuring/fact.ts';
import { metricsStore } from '../shared/adapters/metrics.dynamo.ts';
import { queue } from '../shared/adapters/queue.sqs.ts';
import { dynamo, sqs } from '../shared/aws.ts';
import { batchHandler } from '../shared/handlers/queue-handler.ts';
import { logger } from '../shared/log.ts';
import { count } from './count.ts';
import { EnvSchema } from './env.ts';

/** SQS `facts` (standard). */
export const handler = batchHandler({
  env: EnvSchema,
  body: FactsMessageSchema,
  build: (env) => ({
    // An ADD whose answer was lost is not made again: rather one too few than one too many.
    metrics: metricsStore(dynamo({ maxAttempts: 1 }), env.METRICS_TABLE, dynamo()),
    again: queue(sqs(), env.FACTS_QUEUE_URL),
    log: logger,
  }),
  handleAll: count,
});
