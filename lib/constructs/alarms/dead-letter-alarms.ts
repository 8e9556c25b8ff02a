import { Duration } from 'aws-cdk-lib';
import type { CairnQueue } from '../cairn-queue.ts';
import { type Alarms, ONCE_ABOVE } from './alarms.ts';

/** One a queue: a message has been put aside. */
export function deadLetterAlarms(alarms: Alarms, queues: Record<string, CairnQueue>): void {
  for (const [name, { deadLetters }] of Object.entries(queues))
    alarms.add(`${name}-dead-letters`, {
      alarmDescription: `A message on ${name} could not be worked; its cause is in the message's attribute or the function's log.`,
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(1),
        statistic: 'Maximum',
      }),
      threshold: 0,
      ...ONCE_ABOVE,
    });
}
