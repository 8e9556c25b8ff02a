import { profileStore } from '../shared/adapters/profiles.dynamo.ts';
import { queue } from '../shared/adapters/queue.sqs.ts';
import { runStore } from '../shared/adapters/runs.dynamo.ts';
import { dynamo, sqs } from '../shared/aws.ts';
import { systemClock } from '../shared/clock.ts';
import { taskHandler } from '../shared/handlers/task-handler.ts';
import { EnvSchema } from './env.ts';
import { tick } from './tick.ts';

/** EventBridge Scheduler, every minute, at least once. */
export const handler = taskHandler({
  env: EnvSchema,
  build: (env) => {
    const [tables, queues] = [dynamo(), sqs()];
    return {
      profiles: profileStore(tables, env.PROFILES_TABLE),
      runs: runStore(tables, env.RUNS_TABLE),
      due: queue(queues, env.DUE_QUEUE_URL),
      enrolments: queue(queues, env.ENROLMENTS_QUEUE_URL),
      clock: systemClock,
      random: Math.random,
    };
  },
  handle: tick,
});
