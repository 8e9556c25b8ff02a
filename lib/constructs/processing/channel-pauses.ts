import { Duration } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/pause-channel/env.ts';
import { pauseAlarmName } from '../alarms/channel-alarms.ts';
import { CairnFunction } from '../cairn-function.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { RULE_PARTITIONS, rulesEnvironment } from '../rules-access.ts';
import { PUT, READ, READ_WRITE_DELETE } from '../table-access.ts';
import type { EngineParts } from './engine-parts.ts';
import { CONSUMER_TIMEOUT } from './engine-queues.ts';

/**
 * Pauses a channel when CloudWatch says that too many unsubscribe. Between the rule and the function is a queue: EventBridge's own tries would end
 * after some hours in nothing.
 */
export class ChannelPauses extends Construct {
  constructor(scope: Construct, id: string, { config, stores, queues, alerts }: EngineParts & { alerts: ITopic }) {
    super(scope, id);
    const fn = new CairnFunction(this, 'PauseChannel', {
      name: 'pause-channel',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Pauses a channel by an alarm on its unsubscribes',
      timeout: CONSUMER_TIMEOUT.alarms,
      environment: { ...rulesEnvironment(stores), ALERTS_TOPIC_ARN: alerts.topicArn },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.alarms.deadLetters.queueUrl },
    })
      .allowItems(READ, stores.catalog.arn, RULE_PARTITIONS)
      .allowItems(['dynamodb:UpdateItem'], stores.catalog.arn, CATALOG.pointer)
      .allowItems(READ_WRITE_DELETE, stores.catalog.arn, CATALOG.alerts)
      .allowItems(PUT, stores.catalog.arn, CATALOG.audit)
      .allow(['sns:Publish'], [alerts.topicArn]);
    queues.alarms.addConsumer(fn, { size: 10 });
    if (config.channels.length === 0) return;
    new Rule(this, 'TooManyUnsubscribes', {
      eventBus: EventBus.fromEventBusName(this, 'DefaultBus', 'default'),
      description: 'Alarms that pause a channel',
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        detail: {
          alarmName: config.channels.map((channel) => pauseAlarmName(config, channel)),
          state: { value: ['ALARM'] },
        },
      },
      targets: [new SqsQueue(queues.alarms.queue, { retryAttempts: 185, maxEventAge: Duration.hours(24) })],
    });
  }
}
