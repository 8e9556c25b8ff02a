import { FactsMessageSchema } from '../../core/measuring/fact.ts';
import { metricsStore } from '../shared/adapters/metrics.dynamo.ts';
import { dynamo } from '../shared/aws.ts';
import { batchHandler } from '../shared/handlers/queue-handler.ts';
import { count } from './count.ts';
import { EnvSchema } from './env.ts';

/** SQS `facts` (standard). */
export const handler = batchHandler({
  env: EnvSchema,
  body: FactsMessageSchema,
  // An ADD whose answer was lost is not made again: rather one too few than one too many.
  build: (env) => ({ metrics: metricsStore(dynamo({ maxAttempts: 1 }), env.METRICS_TABLE) }),
  handleAll: count,
});
