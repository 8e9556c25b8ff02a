import { randomUUID } from 'node:crypto';
import { eventNames } from '../../adapters/dynamo/event-names.ts';
import { writeKeys } from '../../adapters/dynamo/write-keys.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { clientMerges } from '../../engine/ingest/client-merges.ts';
import { rateLimit } from '../../engine/ingest/rate-limit.ts';
import { dynamo, sqs } from '../../runtime/aws.ts';
import { catalogChanges } from '../../runtime/catalog-changes.ts';
import { systemClock, systemSequence } from '../../runtime/clock.ts';
import { httpHandler } from '../../runtime/handlers/http-handler.ts';
import { logger } from '../../runtime/log.ts';
import { metricEvents } from '../../runtime/wiring/metric-events.ts';
import { EnvSchema } from './env.ts';
import { ingest } from './routes/ingest.ts';

/** HTTP API, Segment's calls. Clients repeat calls without an answer; by its `messageId` a repeat is the same event. */
export const handler = httpHandler({
  env: EnvSchema,
  build: (env) => ({
    names: eventNames(dynamo(), env.CATALOG_TABLE),
    keys: writeKeys(dynamo(), {
      table: env.CATALOG_TABLE,
      maxAgeMs: env.POINTER_MAX_AGE_MS,
      clock: systemClock,
      changes: catalogChanges,
    }),
    events: queue(sqs(), env.EVENTS_QUEUE_URL),
    metricEvents: metricEvents(env),
    limit: rateLimit(),
    merges: clientMerges(),
    publicUrl: env.PUBLIC_URL,
    clock: systemClock,
    sequence: systemSequence,
    newId: randomUUID,
    log: logger,
  }),
  handle: ingest,
});
