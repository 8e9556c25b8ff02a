import type { CairnQueue } from '../cairn-queue.ts';
import { type Alarms, FIVE_MINUTES, ONCE_ABOVE } from './alarms.ts';

const [MINUTES, HOURS] = [60, 3_600];

/** Seconds that the oldest message of a queue may wait, by what it waits for on purpose. */
const OLDEST: Record<string, number> = {
  events: 15 * MINUTES,
  due: 15 * MINUTES,
  feedback: 15 * MINUTES,
  guardrails: 15 * MINUTES,
  alarms: 15 * MINUTES,
  'metric-events': 30 * MINUTES,
  // A crowd that enters at once is started 200 a second.
  enrolments: 1 * HOURS,
  jobs: 1 * HOURS,
  // A receiver that fails is tried again for an hour.
  webhooks: 2 * HOURS,
  // Most Regions stop 25 executions a second.
  'stop-executions': 24 * HOURS,
};
/**
 * Oldest messages on a sender's queues. `now`: a one-time code is worth nothing later. `bulk`: campaigns keep some seconds' work there, beside what a
 * resume lets go.
 */
const OF_SENDERS = { now: 10 * MINUTES, bulk: 2 * HOURS };

function oldestOf(name: string): number {
  const priority = /^send-.*-(now|bulk)$/.exec(name)?.[1] as keyof typeof OF_SENDERS | undefined;
  return priority === undefined ? (OLDEST[name] ?? 15 * MINUTES) : OF_SENDERS[priority];
}

/** Adds one alarm for each queue: its consumer is throttled, fails, or is not invoked. A message that is never received becomes no dead letter. */
export function queueAgeAlarms(alarms: Alarms, queues: Record<string, CairnQueue>): void {
  for (const [name, { queue }] of Object.entries(queues)) {
    const threshold = oldestOf(name);
    alarms.add(`${name}-age`, {
      alarmDescription: `A message has waited on ${name} for ${threshold / MINUTES} minutes: its function is throttled, fails, or is not invoked.`,
      metric: queue.metricApproximateAgeOfOldestMessage({ period: FIVE_MINUTES, statistic: 'Maximum' }),
      threshold,
      ...ONCE_ABOVE,
      evaluationPeriods: 2,
    });
  }
}
