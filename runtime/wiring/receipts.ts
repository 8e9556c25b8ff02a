import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { messageStore } from '../../adapters/dynamo/messages.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import type { ReceiptDeps } from '../../engine/messages/record-receipt.ts';
import { dynamo, sqs } from '../aws.ts';
import { catalogChanges } from '../catalog-changes.ts';
import { systemClock } from '../clock.ts';
import { logger } from '../log.ts';
import { messageMetricEvents } from './channel-metrics.ts';

interface Variables {
  PROFILES_TABLE: string;
  MESSAGES_TABLE: string;
  CATALOG_TABLE: string;
  POINTER_MAX_AGE_MS: number;
  EVENTS_QUEUE_URL: string;
  METRIC_EVENTS_QUEUE_URL: string;
  METRICS_NAMESPACE: string;
}

/** Builds the dependencies with which `feedback` and `tracking-links` record receipts, over AWS. */
export function receiveDeps(env: Variables): ReceiptDeps {
  const tables = dynamo();
  const queues = sqs();
  return {
    messages: messageStore(tables, env.MESSAGES_TABLE),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    catalog: catalogStore(tables, {
      table: env.CATALOG_TABLE,
      pointerMaxAgeMs: env.POINTER_MAX_AGE_MS,
      changes: catalogChanges,
      clock: systemClock,
    }),
    events: queue(queues, env.EVENTS_QUEUE_URL),
    metricEvents: messageMetricEvents(env),
    clock: systemClock,
    log: logger,
  };
}
