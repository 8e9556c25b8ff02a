import { SNSClient } from '@aws-sdk/client-sns';
import type * as z from 'zod';
import { bounded } from '../../adapters/client-options.ts';
import { alertStore } from '../../adapters/dynamo/alerts.ts';
import { auditLog } from '../../adapters/dynamo/audit.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { alertTopic } from '../../adapters/sns/alert-topic.ts';
import type { ActDeps } from '../../engine/guardrails/act.ts';
import { dynamo } from '../aws.ts';
import { systemClock } from '../clock.ts';
import { followedCatalog } from './followed-catalog.ts';
import type { PausingEnvSchema } from './pausing-env.ts';

/** Dependencies of a function that pauses by itself, raises an alert and publishes it. */
export function pausingDeps(env: z.infer<typeof PausingEnvSchema>) {
  const tables = dynamo();
  const table = env.CATALOG_TABLE;
  const acting: ActDeps = {
    alerts: alertStore(tables, table),
    topic: alertTopic(new SNSClient(bounded), env.ALERTS_TOPIC_ARN),
    rules: liveRules(tables, table),
    definitions: definitionStore(tables, table),
    audit: auditLog(tables, table),
  };
  return {
    ...acting,
    catalog: followedCatalog(tables, env),
    clock: systemClock,
  };
}
