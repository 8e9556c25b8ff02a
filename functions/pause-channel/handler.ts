import { SNSClient } from '@aws-sdk/client-sns';
import { bounded } from '../../adapters/client-options.ts';
import { alertStore } from '../../adapters/dynamo/alerts.ts';
import { auditLog } from '../../adapters/dynamo/audit.ts';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import { definitionStore } from '../../adapters/dynamo/definitions.ts';
import { liveRules } from '../../adapters/dynamo/live-rules.ts';
import { alertTopic } from '../../adapters/sns/alert-topic.ts';
import { pauseByAlarm } from '../../engine/guardrails/pause-by-alarm.ts';
import { dynamo } from '../../runtime/aws.ts';
import { catalogChanges } from '../../runtime/catalog-changes.ts';
import { systemClock } from '../../runtime/clock.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { logger } from '../../runtime/log.ts';
import { AlarmEventSchema, readAlarm } from './alarm-event.ts';
import { EnvSchema } from './env.ts';

/** SQS `alarms` behind an EventBridge rule on the state of CloudWatch's alarms: at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: AlarmEventSchema,
  build(env) {
    const tables = dynamo();
    const table = env.CATALOG_TABLE;
    return {
      catalog: catalogStore(tables, {
        table,
        pointerMaxAgeMs: env.POINTER_MAX_AGE_MS,
        changes: catalogChanges,
        clock: systemClock,
      }),
      alerts: alertStore(tables, table),
      topic: alertTopic(new SNSClient(bounded), env.ALERTS_TOPIC_ARN),
      rules: liveRules(tables, table),
      definitions: definitionStore(tables, table),
      audit: auditLog(tables, table),
      clock: systemClock,
      log: logger,
    };
  },
  async handle(deps, event) {
    const alarm = readAlarm(event);
    if (alarm !== undefined) await pauseByAlarm(deps, alarm);
  },
});
