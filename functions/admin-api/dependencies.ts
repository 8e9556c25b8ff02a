import { readFile } from 'node:fs/promises';
import { brotliDecompressSync } from 'node:zlib';
import type * as z from 'zod';
import { alertList } from '../../adapters/dynamo/alerts.ts';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { eventNames } from '../../adapters/dynamo/event-names.ts';
import { jobStore } from '../../adapters/dynamo/jobs.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { pilotStore } from '../../adapters/dynamo/pilots.ts';
import { secretStore } from '../../adapters/dynamo/secrets.ts';
import { writeKeys } from '../../adapters/dynamo/write-keys.ts';
import { mjmlCompiler } from '../../adapters/lambda/mjml.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import type { DefinitionDeps } from '../../engine/definitions/deps.ts';
import type { StartJobDeps } from '../../engine/jobs/start-job.ts';
import { dynamo, lambda, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { cursorsOf, type HttpDeps, httpDeps, type Parts } from '../../runtime/http/dependencies.ts';
import { randomText } from '../../runtime/random.ts';
import { campaignStatus } from '../../runtime/wiring/campaign-status.ts';
import { deadLetters } from '../../runtime/wiring/dead-letters.ts';
import type { EnvSchema } from './env.ts';

/** The OpenAPI document, a file beside the bundle. */
const OPENAPI = new URL('./openapi.json.br', import.meta.url);

/** Dependencies of the administration of a workspace. */
export type Deps = HttpDeps &
  DefinitionDeps &
  StartJobDeps &
  Pick<
    Parts,
    'alerts' | 'coupons' | 'deadLetters' | 'keys' | 'eventNames' | 'openapi' | 'pilots' | 'random' | 'secrets'
  >;

export function adminApiDeps(env: z.infer<typeof EnvSchema>): Deps {
  const [tables, queues] = [dynamo(), sqs()];
  const table = env.CATALOG_TABLE;
  const fresh = { table, clock: systemClock };
  const catalog = catalogStore(tables, { ...fresh, pointerMaxAgeMs: 0 });
  return {
    ...httpDeps(tables, env),
    cursors: cursorsOf(env),
    definitions: definitionStore(tables, table),
    rules: liveRules(tables, table),
    catalog,
    campaignStatus: campaignStatus(tables, table, catalog),
    alerts: alertList(tables, table),
    coupons: couponStore(tables, table),
    keys: writeKeys(tables, { ...fresh, maxAgeMs: 0 }),
    jobs: jobStore(tables, table),
    eventNames: eventNames(tables, table),
    secrets: secretStore(tables, table),
    pilots: pilotStore(tables, table),
    mjml: mjmlCompiler(lambda(), env.COMPILE_MJML_FUNCTION_NAME),
    deployed: { senders: env.EMAIL_SENDERS, identities: env.EMAIL_IDENTITIES },
    queues: { jobs: queue(queues, env.JOBS_QUEUE_URL) },
    deadLetters: deadLetters(queues, env),
    openapi: async () => brotliDecompressSync(await readFile(OPENAPI)).toString(),
    random: randomText,
  };
}
