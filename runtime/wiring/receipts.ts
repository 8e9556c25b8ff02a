import type * as z from 'zod';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import type { ReceiptDeps } from '../../engine/messages/record-receipt.ts';
import { dynamo, sqs } from '../aws.ts';
import { systemClock } from '../clock.ts';
import { logger } from '../log.ts';
import { messageMetricEvents } from './channel-metrics.ts';
import { followedCatalog } from './followed-catalog.ts';
import type { ReceiptsEnvSchema } from './receipts-env.ts';

/** Builds the dependencies with which `feedback` and `tracking-links` record receipts, over AWS. */
export function receiveDeps(env: z.infer<typeof ReceiptsEnvSchema>): ReceiptDeps {
  const tables = dynamo();
  const queues = sqs();
  return {
    messages: messageStore(tables, env.MESSAGES_TABLE),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    catalog: followedCatalog(tables, env),
    events: queue(queues, env.EVENTS_QUEUE_URL),
    metricEvents: messageMetricEvents(env),
    clock: systemClock,
    log: logger,
  };
}
