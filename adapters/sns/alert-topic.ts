import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Alert } from '../../core/alerts/alert.ts';
import { iso } from '../../core/time/instant.ts';
import type { AlertTopic } from '../../engine/alerts/ports.ts';

/** SNS's limit of a subject. */
const MAX_SUBJECT = 100;

/** The SNS topic of alerts. Its message is JSON as `GET /v1/alerts` shows it; its attributes `kind`, `scope` and `did` are for filters of subscribers. */
export const alertTopic = (client: SNSClient, topicArn: string): AlertTopic => ({
  async publish(alert: Alert): Promise<void> {
    const { id, at, kind, scope, scopeId, metric, value, threshold, did, detail } = alert;
    const about = scopeId === undefined ? scope : `${scope} ${scopeId}`;
    await client.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: asSubject(`Cairn: ${about} ${did === 'paused' ? 'was paused' : 'needs a look'} (${kind})`),
        Message: JSON.stringify({ id, at: iso(at), kind, scope, scopeId, metric, value, threshold, did, detail }),
        MessageAttributes: Object.fromEntries(
          Object.entries({ kind, scope, did }).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]),
        ),
      }),
    );
  },
});

/** A subject is printable ASCII, and short. */
const asSubject = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, MAX_SUBJECT);
