import { pauseByAlarm } from '../../engine/guardrails/pause-by-alarm.ts';
import { queueHandler } from '../../runtime/handlers/queue-handler.ts';
import { logger } from '../../runtime/log.ts';
import { pausingDeps } from '../../runtime/wiring/pausing.ts';
import { AlarmEventSchema, readAlarm } from './alarm-event.ts';
import { EnvSchema } from './env.ts';

/** SQS `alarms` behind an EventBridge rule on the state of CloudWatch's alarms: at least once, in any order. */
export const handler = queueHandler({
  env: EnvSchema,
  body: AlarmEventSchema,
  build: (env) => ({ ...pausingDeps(env), log: logger }),
  async handle(deps, event) {
    const alarm = readAlarm(event);
    if (alarm !== undefined) await pauseByAlarm(deps, alarm);
  },
});
