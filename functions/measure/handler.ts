import { FactSchema } from '../../core/messages/send-request.ts';
import { metricsStore } from '../shared/adapters/metrics.dynamo.ts';
import { dynamo } from '../shared/aws.ts';
import { queueHandler } from '../shared/handlers/queue-handler.ts';
import { count } from './count.ts';
import { EnvSchema } from './env.ts';

/** SQS `facts` (standard). */
export const handler = queueHandler({
  env: EnvSchema,
  body: FactSchema,
  build: (env) => ({ metrics: metricsStore(dynamo(), env.METRICS_TABLE) }),
  handle: count,
});
