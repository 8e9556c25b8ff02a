import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type EngineQueues, FEEDBACK_QUEUE } from './processing/engine-queues.ts';

/** The dead-letter queues, for functions in any stack: by their names, because the stack of `feedback` comes after those of its readers. */
export function deadLetterAccess(scope: Construct, { prefix, queues }: { prefix: string; queues: EngineQueues }) {
  const { partition, region, account } = Stack.of(scope);
  const arn = (name: string) => `arn:${partition}:sqs:${region}:${account}:${prefix}-${name}`;
  const named = [
    ...Object.entries(queues.byName).map(([name, { queue }]) => ({ name, suffix: queue.fifo ? '.fifo' : '' })),
    { name: FEEDBACK_QUEUE, suffix: '' },
  ];
  return {
    /** `DEAD_LETTERS_SHAPE`. */
    environment: {
      JOBS_QUEUE_URL: queues.jobs.url,
      QUEUES: named.map(({ name, suffix }) => `${name}${suffix}`).join(','),
    },
    queueArns: named.map(({ name, suffix }) => arn(`${name}${suffix}`)),
    deadLetterArns: named.map(({ name, suffix }) => arn(`${name}-dlq${suffix}`)),
  };
}

export const RECEIVE_DEAD_LETTERS = ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility'];
/** Actions that look at dead letters and leave them where they are. */
export const LOOK_AT_DEAD_LETTERS = ['sqs:GetQueueAttributes', ...RECEIVE_DEAD_LETTERS];
