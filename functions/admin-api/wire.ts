import { readFile } from 'node:fs/promises';
import { brotliDecompressSync } from 'node:zlib';
import type * as z from 'zod';
import { catalogStore } from '../../adapters/catalog.dynamo.ts';
import { couponStore } from '../../adapters/coupons.dynamo.ts';
import { definitionStore } from '../../adapters/definitions.dynamo.ts';
import { eventNames } from '../../adapters/event-names.dynamo.ts';
import { jobStore } from '../../adapters/jobs.dynamo.ts';
import { liveRules } from '../../adapters/live-rules.dynamo.ts';
import { metricsStore } from '../../adapters/metrics.dynamo.ts';
import { mjmlCompiler } from '../../adapters/mjml.lambda.ts';
import { queue } from '../../adapters/queue.sqs.ts';
import { secretStore } from '../../adapters/secrets.dynamo.ts';
import { writeKeys } from '../../adapters/write-keys.dynamo.ts';
import type { Deps } from '../../engine/definitions/deps.ts';
import { dynamo, lambda, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { cursorsOf, httpDeps } from '../../runtime/http/wire.ts';
import { randomText } from '../../runtime/random.ts';
import type { EnvSchema } from './env.ts';

/** Lies beside the bundle. */
const OPENAPI = new URL('./openapi.json.br', import.meta.url);

export function apiDeps(env: z.infer<typeof EnvSchema>): Deps {
  const tables = dynamo();
  const table = env.CATALOG_TABLE;
  const fresh = { table, clock: systemClock };
  return {
    ...httpDeps(tables, env),
    cursors: cursorsOf(env),
    definitions: definitionStore(tables, table),
    rules: liveRules(tables, table),
    catalog: catalogStore(tables, { ...fresh, pointerMaxAgeMs: 0 }),
    coupons: couponStore(tables, table),
    keys: writeKeys(tables, { ...fresh, maxAgeMs: 0 }),
    jobs: jobStore(tables, table),
    eventNames: eventNames(tables, table),
    secrets: secretStore(tables, table),
    metrics: metricsStore(tables, env.METRICS_TABLE),
    mjml: mjmlCompiler(lambda(), env.MJML_FUNCTION_NAME),
    queues: { jobs: queue(sqs(), env.JOBS_QUEUE_URL) },
    openapi: async () => brotliDecompressSync(await readFile(OPENAPI)).toString(),
    random: randomText,
  };
}
