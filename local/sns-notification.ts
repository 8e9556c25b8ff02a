import { randomUUID } from 'node:crypto';
import type { Json } from './template.ts';

/** SNS's envelope around it, as SQS receives it. */
export const notification = (topicArn: string, body: Json, now: number): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: randomUUID(),
    TopicArn: topicArn,
    Message: JSON.stringify(body),
    Timestamp: new Date(now).toISOString(),
    SignatureVersion: '1',
    Signature: 'local',
    SigningCertURL: 'https://sns.us-east-1.amazonaws.com/local.pem',
    UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/',
  });
