import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { EnvSchema } from '../../../functions/check-guardrails/env.ts';
import { metricNamespaceOf } from '../alarms/metrics.ts';
import { CairnFunction } from '../cairn-function.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { RULE_PARTITIONS, rulesEnvironment } from '../rules-access.ts';
import { PUT, READ, READ_WRITE_DELETE } from '../table-access.ts';
import type { EngineParts } from './engine-parts.ts';
import { CONSUMER_TIMEOUT } from './engine-queues.ts';
import { Schedule } from './schedule.ts';

/** Checks the rates of what was sent, pauses, raises alerts, and publishes them to a topic. */
export class Guardrails extends Construct {
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, { config, stores, queues }: EngineParts) {
    super(scope, id);
    const topic = new Topic(this, 'Alerts', { topicName: `${config.prefix}-alerts`, enforceSSL: true });
    this.topic = topic;
    if (config.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(config.alarmEmail));
    const checks = new CairnFunction(this, 'CheckGuardrails', {
      name: 'check-guardrails',
      prefix: config.prefix,
      schema: EnvSchema,
      description: 'Measures the rates of what was sent, and what comes no more; pauses and alerts',
      timeout: CONSUMER_TIMEOUT.guardrails,
      environment: {
        ...rulesEnvironment(stores),
        METRICS_TABLE: stores.metrics.name,
        ALERTS_TOPIC_ARN: topic.topicArn,
        METRICS_NAMESPACE: metricNamespaceOf(config.prefix),
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.guardrails.deadLetters.queueUrl },
    })
      .allow(['dynamodb:Query'], [stores.metrics.arn, stores.catalog.index('due')])
      .allowItems(READ, stores.catalog.arn, RULE_PARTITIONS)
      // A pause: in the rules' pointer, and in the head of a journey.
      .allowItems(['dynamodb:UpdateItem'], stores.catalog.arn, CATALOG.pointer)
      .allowItems(PUT, stores.catalog.arn, CATALOG.lifecycles)
      .allowItems(READ_WRITE_DELETE, stores.catalog.arn, [...CATALOG.guardrails, ...CATALOG.alerts])
      .allowItems(PUT, stores.catalog.arn, CATALOG.audit)
      .allow(['sns:Publish'], [topic.topicArn]);
    queues.guardrails.addConsumer(checks, { size: 100, maxConcurrency: 2 });
    new Schedule(this, 'EveryMinute', 'rate(1 minute)', checks.fn);
  }
}
