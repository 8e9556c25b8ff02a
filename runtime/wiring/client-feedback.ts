import { messageStore } from '../../adapters/dynamo/messages.ts';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { metricEventsQueue } from '../../adapters/sqs/metric-events.ts';
import { recordClientFeedback } from '../../engine/messages/record-receipt.ts';
import type { ProcessEventsDeps } from '../../engine/profiles/deps.ts';
import { dynamo, sqs } from '../aws.ts';
import { logger } from '../log.ts';

/** Access of `process-events` to the rows of messages that apps report on. */
export function clientFeedback(env: {
  MESSAGES_TABLE: string;
  PROFILES_TABLE: string;
  METRIC_EVENTS_QUEUE_URL: string;
}): ProcessEventsDeps['feedback'] {
  const tables = dynamo();
  const deps = {
    messages: messageStore(tables, env.MESSAGES_TABLE),
    profiles: profileStore(tables, env.PROFILES_TABLE),
    metricEvents: metricEventsQueue(sqs(), env.METRIC_EVENTS_QUEUE_URL),
    log: logger,
  };
  return (event, profile) => recordClientFeedback(deps, event, profile);
}
