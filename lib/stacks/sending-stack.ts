import { Stack, type StackProps } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import { FACTS_PREFIX } from '../../core/results/fact-files.ts';
import { EnvSchema as FeedbackEnv } from '../../functions/feedback/env.ts';
import { EnvSchema as RecordMetricsEnv } from '../../functions/record-metrics/env.ts';
import { ReportMails } from '../channels/email-reports.ts';
import { resourcesOf } from '../channels/registry.ts';
import type { Config } from '../config.ts';
import { metricNamespaceOf } from '../constructs/alarms/metrics.ts';
import { CairnFunction, seconds } from '../constructs/cairn-function.ts';
import { CairnQueue } from '../constructs/cairn-queue.ts';
import { CATALOG } from '../constructs/catalog-partitions.ts';
import { type EngineQueues, FEEDBACK_QUEUE } from '../constructs/processing/engine-queues.ts';
import type { Lake } from '../constructs/processing/lake.ts';
import { POINTER_MAX_AGE_MS, rulesEnvironment } from '../constructs/rules-access.ts';
import type { Stores } from '../constructs/stores.ts';
import { PUT, READ, READ_WRITE } from '../constructs/table-access.ts';
import type { ApiStack } from './api-stack.ts';
import type { DataStack } from './data-stack.ts';

interface Props extends StackProps {
  config: Config;
  data: DataStack;
  queues: EngineQueues;
  lake: Lake;
  api: ApiStack;
}

/** Sending of messages, and the feedback about them. */
export class SendingStack extends Stack {
  readonly feedback: CairnQueue;
  readonly stores: Stores;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, props);
    const { config, data, queues } = props;
    this.stores = data;
    const { prefix } = config;
    const common = senderEnvironment(props);
    const topics = CHANNELS.filter((channel) => config.channels.includes(channel)).flatMap(
      (channel) => resourcesOf(channel).topics?.(this, config) ?? [],
    );
    for (const channel of CHANNELS) this.sender(channel, common, props);

    this.feedback = new CairnQueue(this, 'Feedback', {
      queueName: `${prefix}-${FEEDBACK_QUEUE}`,
      consumerTimeout: seconds(30),
    });
    for (const topic of topics) topic.addSubscription(new SqsSubscription(this.feedback.queue));
    const feedback = new CairnFunction(this, 'FeedbackFunction', {
      name: 'feedback',
      prefix,
      schema: FeedbackEnv,
      description: 'Receipts, opens, clicks, STOP',
      timeout: seconds(30),
      environment: {
        CATALOG_TABLE: data.catalog.name,
        POINTER_MAX_AGE_MS,
        PROFILES_TABLE: data.profiles.name,
        MESSAGES_TABLE: data.messages.name,
        EVENTS_QUEUE_URL: queues.events.url,
        METRIC_EVENTS_QUEUE_URL: queues.metricEvents.url,
        METRICS_NAMESPACE: metricNamespaceOf(prefix),
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: this.feedback.deadLetters.queueUrl },
    })
      .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
      .allow(READ_WRITE, [data.profiles.arn, data.messages.arn])
      // Deletes look-ups from a number to profiles that no longer have it.
      .allow(['dynamodb:DeleteItem'], [data.profiles.arn])
      .allow(['sqs:SendMessage'], [queues.events.queue.queueArn, queues.metricEvents.queue.queueArn]);
    this.feedback.addConsumer(feedback, { size: 10 });

    const recordMetrics = new CairnFunction(this, 'RecordMetrics', {
      name: 'record-metrics',
      prefix,
      schema: RecordMetricsEnv,
      description: 'Counts what happened, and writes it to the data lake',
      timeout: seconds(30),
      recursionBoundedBy: 'the counters that are throttled: each message waits a minute for them',
      environment: {
        METRICS_TABLE: data.metrics.name,
        OBJECTS_BUCKET: data.objects.name,
        METRIC_EVENTS_QUEUE_URL: queues.metricEvents.url,
        GUARDRAILS_QUEUE_URL: queues.guardrails.url,
        ...rulesEnvironment(data),
        METRICS_NAMESPACE: metricNamespaceOf(prefix),
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.metricEvents.deadLetters.queueUrl },
    })
      .allow(READ_WRITE, [data.metrics.arn])
      .allowItems(READ, data.catalog.arn, CATALOG.rules)
      .allow(['sqs:SendMessage'], [queues.metricEvents.queue.queueArn, queues.guardrails.queue.queueArn]);
    data.objects.grantWrite(recordMetrics, FACTS_PREFIX);
    new ReportMails(this, 'ReportMails', { config, stores: data, queues, lake: props.lake });
    // Counters may be seconds late: in one batch, hundreds of metric events share a write, and all a file. Lambda ends it at 6 MB.
    queues.metricEvents.addConsumer(recordMetrics, { size: 1_000 });
  }

  /** A channel's function with its queues, and what every sender may do. A channel that is not deployed may call no provider. */
  private sender(
    channel: Channel,
    common: ReturnType<typeof senderEnvironment>,
    { config, data, queues }: Props,
  ): void {
    const resources = resourcesOf(channel);
    const { now, bulk } = queues.senders[channel];
    const targets = [queues.events, queues.enrolments, queues.metricEvents];
    const sender = new CairnFunction(this, `Send${channel.charAt(0).toUpperCase()}${channel.slice(1)}`, {
      name: `send-${channel}`,
      prefix: config.prefix,
      schema: resources.schema,
      description: `Gate, render, take, hand to the provider: ${channel}`,
      timeout: seconds(30),
      recursionBoundedBy: 'how long a message is worth sending: each try comes later than the last',
      environment: { ...common, ...resources.environment(config, this) },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: now.deadLetters.queueUrl },
    });
    if (config.channels.includes(channel)) resources.allow(sender, config, this);
    sender
      .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
      .allowItems(PUT, data.catalog.arn, CATALOG.wakes)
      .allowItems(READ_WRITE, data.catalog.arn, [...CATALOG.rates, ...CATALOG.breakers, ...CATALOG.alerts])
      .allow(READ, [data.runs.arn])
      .allow(READ_WRITE, [data.profiles.arn, data.messages.arn])
      // Look-ups from an address to profiles that no longer have it.
      .allow(['dynamodb:DeleteItem'], [data.profiles.arn])
      .allow(['secretsmanager:GetSecretValue'], [data.linkSecret.secretArn])
      .allow(['sqs:SendMessage'], [...targets.map(({ queue }) => queue.queueArn), ...queues.senderArns]);
    now.addConsumer(sender, { size: 10 });
    bulk.addConsumer(sender, { size: 10, maxConcurrency: 10 });
  }

  /** A topic that a provider publishes to. */
  topic(id: string, topicName: string, publisher: string): Topic {
    const topic = new Topic(this, id, { topicName, enforceSSL: true });
    // Refuses other accounts that might know its ARN.
    const conditions = { StringEquals: { 'aws:SourceAccount': this.account } };
    topic.grantPublish(new ServicePrincipal(publisher, { conditions }));
    return topic;
  }
}

function senderEnvironment({ config, data, queues, api }: Props) {
  return {
    CATALOG_TABLE: data.catalog.name,
    POINTER_MAX_AGE_MS,
    PROFILES_TABLE: data.profiles.name,
    RUNS_TABLE: data.runs.name,
    MESSAGES_TABLE: data.messages.name,
    ENROLMENTS_QUEUE_URL: queues.enrolments.url,
    EVENTS_QUEUE_URL: queues.events.url,
    METRIC_EVENTS_QUEUE_URL: queues.metricEvents.url,
    METRICS_NAMESPACE: metricNamespaceOf(config.prefix),
    ...queues.sendersEnvironment,
    CHANNELS: config.channels.join(','),
    LINK_SECRET_ARN: data.linkSecret.secretArn,
    PUBLIC_URL: api.publicUrl,
  };
}
