import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { runStore } from '../../adapters/dynamo/runs.ts';
import { wakeStore } from '../../adapters/dynamo/wakes.ts';
import { queue } from '../../adapters/sqs/queue.ts';
import { dispatchDue } from '../../engine/schedule/dispatch-due.ts';
import { dynamo, sqs } from '../../runtime/aws.ts';
import { systemClock } from '../../runtime/clock.ts';
import { taskHandler } from '../../runtime/handlers/task-handler.ts';
import { EnvSchema } from './env.ts';

/** EventBridge Scheduler, every minute, at least once. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => {
    const [tables, queues] = [dynamo(), sqs()];
    return {
      profiles: profileStore(tables, env.PROFILES_TABLE),
      runs: runStore(tables, env.RUNS_TABLE),
      due: queue(queues, env.DUE_QUEUE_URL),
      wakes: wakeStore(tables, env.CATALOG_TABLE),
      enrolments: queue(queues, env.ENROLMENTS_QUEUE_URL),
      wakeQueues: {
        opening: queue(queues, env.JOBS_QUEUE_URL),
        campaign: queue(queues, env.CAMPAIGNS_QUEUE_URL),
        'report-mail': queue(queues, env.REPORT_MAILS_QUEUE_URL),
      },
      clock: systemClock,
      random: Math.random,
    };
  },
  handle: dispatchDue,
});
