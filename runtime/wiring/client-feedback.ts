import { messageStore } from '../../adapters/dynamo/messages.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { recordClientFeedback } from '../../engine/messages/record-receipt.ts';
import type { ProcessEventsDeps } from '../../engine/profiles/deps.ts';
import { dynamo } from '../aws.ts';
import { systemClock } from '../clock.ts';
import { logger } from '../log.ts';
import { messageMetricEvents } from './channel-metrics.ts';

/** Access of `process-events` to the rows of messages that apps report on. */
export function clientFeedback(env: {
  MESSAGES_TABLE: string;
  PROFILES_TABLE: string;
  METRIC_EVENTS_QUEUE_URL: string;
  METRICS_NAMESPACE: string;
}): ProcessEventsDeps['feedback'] {
  const tables = dynamo();
  const deps = {
    messages: messageStore(tables, env.MESSAGES_TABLE),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    metricEvents: messageMetricEvents(env),
    clock: systemClock,
    log: logger,
  };
  return (event, profile) => recordClientFeedback(deps, event, profile);
}
