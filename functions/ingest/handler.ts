import { randomUUID } from 'node:crypto';
import { eventNames } from '../shared/adapters/event-names.dynamo.ts';
import { queue } from '../shared/adapters/queue.sqs.ts';
import { writeKeys } from '../shared/adapters/write-keys.dynamo.ts';
import { dynamo, sqs } from '../shared/aws.ts';
import { systemClock, systemSequence } from '../shared/clock.ts';
import { httpHandler } from '../shared/handlers/http-handler.ts';
import { logger } from '../shared/log.ts';
import { EnvSchema } from './env.ts';
import { ingest } from './ingest.ts';
import { rateLimit } from './rate-limit.ts';

/** HTTP API, Segment's calls. Clients repeat what they got no answer to: `messageId` makes one of it. */
export const handler = httpHandler({
  env: EnvSchema,
  build: (env) => ({
    names: eventNames(dynamo(), env.CATALOG_TABLE),
    keys: writeKeys(dynamo(), { table: env.CATALOG_TABLE, maxAgeMs: env.POINTER_MAX_AGE_MS, clock: systemClock }),
    events: queue(sqs(), env.EVENTS_QUEUE_URL),
    limit: rateLimit(),
    publicUrl: env.PUBLIC_URL,
    clock: systemClock,
    sequence: systemSequence,
    newId: randomUUID,
    log: logger,
  }),
  handle: ingest,
});
