import { Stack, type StackProps } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnConfigurationSetEventDestination, CfnConfigurationSet as SesConfigurationSet } from 'aws-cdk-lib/aws-ses';
import { CfnConfigurationSet as SmsConfigurationSet } from 'aws-cdk-lib/aws-smsvoice';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { CHANNELS, type Channel } from '../../core/channels.ts';
import { formatMailbox, parseMailbox } from '../../core/messages/mailbox.ts';
import { EnvSchema as FeedbackEnv } from '../../functions/feedback/env.ts';
import { EnvSchema as MeasureEnv } from '../../functions/record-metrics/env.ts';
import { EnvSchema as SendEmailEnv } from '../../functions/send-email/env.ts';
import { EnvSchema as SendPushEnv } from '../../functions/send-push/env.ts';
import { EnvSchema as SendSmsEnv } from '../../functions/send-sms/env.ts';
import type { Config } from '../config.ts';
import { CairnFunction, seconds } from '../constructs/cairn-function.ts';
import { CairnQueue } from '../constructs/cairn-queue.ts';
import { CATALOG } from '../constructs/catalog-partitions.ts';
import type { EngineQueues } from '../constructs/processing/engine-queues.ts';
import { POINTER_MAX_AGE_MS } from '../constructs/rules-access.ts';
import { READ, READ_WRITE } from '../constructs/table-access.ts';
import type { ApiStack } from './api-stack.ts';
import type { DataStack } from './data-stack.ts';

const SES_EVENTS = [
  'SEND',
  'REJECT',
  'BOUNCE',
  'COMPLAINT',
  'DELIVERY',
  'OPEN',
  'CLICK',
  'DELIVERY_DELAY',
  'RENDERING_FAILURE',
];
const SMS_EVENTS = ['TEXT_ALL'];
/** Why e-mail may be sent to all identities of the account. */
const ANY_RECIPIENT =
  'SES asks for the recipient as well where it is an identity of this account: always in the sandbox. The condition names who sends.';
/** Why a sender id is allowed for all countries. */
const ANY_COUNTRY = 'A sender id bears the country of the number that is sent to; its name is the deployment’s own.';

interface Props extends StackProps {
  config: Config;
  data: DataStack;
  engine: EngineQueues;
  api: ApiStack;
}

/** Sending of messages, and the feedback about them. */
export class SendingStack extends Stack {
  readonly feedback: CairnQueue;

  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, props);
    const { config, data, engine } = props;
    const { prefix } = config;
    const common = senderEnvironment(props);
    const topics = [...this.emailEvents(config), ...this.smsEvents(config)];

    const email = new CairnFunction(this, 'SendEmail', {
      ...this.sender('email', props),
      schema: SendEmailEnv,
      environment: {
        ...common,
        EMAIL_FROM: formatMailbox(parseMailbox(config.emailFrom)),
        EMAIL_CONFIGURATION_SET: prefix,
      },
    });
    const sms = new CairnFunction(this, 'SendSms', {
      ...this.sender('sms', props),
      schema: SendSmsEnv,
      environment: {
        ...common,
        SMS_ORIGINATION_IDENTITY: config.smsOriginationIdentity,
        SMS_CONFIGURATION_SET: prefix,
      },
    });
    const push = new CairnFunction(this, 'SendPush', {
      ...this.sender('push', props),
      schema: SendPushEnv,
      environment: { ...common, PINPOINT_APPLICATION_ID: config.pinpointApplicationId },
    });
    const arn = (service: string, resource: string, resourceName: string) =>
      this.formatArn({ service, resource, resourceName });
    if (config.channels.includes('email'))
      email
        .allow(
          ['ses:SendEmail'],
          [
            ...emailIdentities(config).map((identity) => arn('ses', 'identity', identity)),
            arn('ses', 'configuration-set', prefix),
          ],
        )
        .allow(['ses:SendEmail'], [arn('ses', 'identity', '*')], ANY_RECIPIENT, {
          StringEquals: { 'ses:FromAddress': parseMailbox(config.emailFrom).address },
        });
    if (config.channels.includes('sms'))
      sms.allow(
        ['sms-voice:SendTextMessage'],
        [this.smsIdentity(config), arn('sms-voice', 'configuration-set', prefix)],
        ANY_COUNTRY,
      );
    if (config.channels.includes('push'))
      push.allow(
        ['mobiletargeting:SendMessages'],
        [arn('mobiletargeting', 'apps', `${config.pinpointApplicationId}/messages`)],
      );
    this.connect('email', email, props);
    this.connect('sms', sms, props);
    this.connect('push', push, props);

    this.feedback = new CairnQueue(this, 'Feedback', { queueName: `${prefix}-feedback`, consumerTimeout: seconds(30) });
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
        EVENTS_QUEUE_URL: engine.events.url,
        METRIC_EVENTS_QUEUE_URL: engine.metricEvents.url,
      },
      more: { DEAD_LETTER_QUEUE_URL: this.feedback.deadLetters.queueUrl },
    })
      .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
      .allow(READ, [data.messages.index('profile')])
      .allow(READ_WRITE, [data.profiles.arn, data.messages.arn])
      // Deletes look-ups from a number to profiles that no longer have it.
      .allow(['dynamodb:DeleteItem'], [data.profiles.arn])
      .allow(['sqs:SendMessage'], [engine.events.queue.queueArn, engine.metricEvents.queue.queueArn]);
    this.feedback.feeds(feedback, { size: 10 });

    const measure = new CairnFunction(this, 'Measure', {
      name: 'record-metrics',
      prefix,
      schema: MeasureEnv,
      description: 'Counts what happened',
      timeout: seconds(30),
      recursionBoundedBy: 'the counters that are throttled: each message waits a minute for them',
      environment: { METRICS_TABLE: data.metrics.name, METRIC_EVENTS_QUEUE_URL: engine.metricEvents.url },
      more: { DEAD_LETTER_QUEUE_URL: engine.metricEvents.deadLetters.queueUrl },
    })
      .allow(READ_WRITE, [data.metrics.arn])
      .allow(['sqs:SendMessage'], [engine.metricEvents.queue.queueArn]);
    // Counters may be seconds late: in one batch, hundreds of metric events share a write.
    engine.metricEvents.feeds(measure, { size: 500, gatherFor: seconds(5) });
  }

  /** Destination of the events that SES publishes about messages, and its topic. */
  private emailEvents({ channels, prefix }: Config): Topic[] {
    if (!channels.includes('email')) return [];
    const events = this.topic('EmailEvents', `${prefix}-email-events`, 'ses.amazonaws.com');
    const set = new SesConfigurationSet(this, 'EmailSet', {
      name: prefix,
      reputationOptions: { reputationMetricsEnabled: true },
    });
    const destination = new CfnConfigurationSetEventDestination(this, 'EmailDestination', {
      configurationSetName: set.ref,
      eventDestination: {
        name: 'feedback',
        enabled: true,
        matchingEventTypes: SES_EVENTS,
        snsDestination: { topicArn: events.topicArn },
      },
    });
    // SES publishes to the topic when the destination is created: the topic's policy must exist by then.
    destination.node.addDependency(events);
    return [events];
  }

  /** Topics of receipts and of inbound texts. */
  private smsEvents({ channels, prefix, emulator }: Config): Topic[] {
    if (!channels.includes('sms')) return [];
    const events = this.topic('SmsEvents', `${prefix}-sms-events`, 'sms-voice.amazonaws.com');
    const inbound = this.topic('SmsInbound', `${prefix}-sms-inbound`, 'sms-voice.amazonaws.com');
    if (emulator) return [events, inbound];
    const set = new SmsConfigurationSet(this, 'SmsSet', {
      configurationSetName: prefix,
      eventDestinations: [
        {
          eventDestinationName: 'feedback',
          enabled: true,
          matchingEventTypes: SMS_EVENTS,
          snsDestination: { topicArn: events.topicArn },
        },
      ],
    });
    set.node.addDependency(events);
    return [events, inbound];
  }

  /** ARN of the identity that sends SMS. */
  private smsIdentity({ smsOriginationIdentity: identity }: Config): string {
    if (identity.startsWith('arn:')) return identity;
    const [, kind] = /^(phone|pool)-/.exec(identity) ?? [];
    const resource = kind === 'phone' ? 'phone-number' : kind;
    return resource === undefined
      ? this.formatArn({ service: 'sms-voice', resource: 'sender-id', resourceName: `${identity}/*` })
      : this.formatArn({ service: 'sms-voice', resource, resourceName: identity });
  }

  private sender(channel: Channel, { config, engine }: Props) {
    return {
      name: `send-${channel}`,
      prefix: config.prefix,
      description: `Gate, render, take, hand to the provider: ${channel}`,
      timeout: seconds(30),
      recursionBoundedBy: 'how long a message is worth sending: each try comes later than the last',
      memorySize: 512,
      more: { DEAD_LETTER_QUEUE_URL: engine.senders[channel].now.deadLetters.queueUrl },
    };
  }

  /** Connects the sender to its queues, and adds the permissions that all senders need. */
  private connect(
    channel: Channel,
    sender: CairnFunction<typeof SendPushEnv> | CairnFunction<typeof SendEmailEnv> | CairnFunction<typeof SendSmsEnv>,
    { data, engine }: Props,
  ): void {
    const { now, bulk } = engine.senders[channel];
    const queues = [
      engine.events,
      engine.enrolments,
      engine.metricEvents,
      ...CHANNELS.map((other) => engine.senders[other].now),
    ];
    sender
      .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
      .allow(READ, [data.runs.arn])
      .allow(READ_WRITE, [data.profiles.arn, data.messages.arn])
      .allow(['secretsmanager:GetSecretValue'], [data.linkSecret.secretArn])
      .allow(
        ['sqs:SendMessage'],
        queues.map(({ queue }) => queue.queueArn),
      );
    now.feeds(sender as CairnFunction<typeof SendPushEnv>, { size: 10 });
    bulk.feeds(sender as CairnFunction<typeof SendPushEnv>, { size: 10, maxConcurrency: 10 });
  }

  private topic(id: string, topicName: string, publisher: string): Topic {
    const topic = new Topic(this, id, { topicName, enforceSSL: true });
    // Refuses other accounts that might know its ARN.
    const conditions = { StringEquals: { 'aws:SourceAccount': this.account } };
    topic.grantPublish(new ServicePrincipal(publisher, { conditions }));
    return topic;
  }
}

function senderEnvironment({ config, data, engine, api }: Props) {
  return {
    CATALOG_TABLE: data.catalog.name,
    POINTER_MAX_AGE_MS,
    PROFILES_TABLE: data.profiles.name,
    RUNS_TABLE: data.runs.name,
    MESSAGES_TABLE: data.messages.name,
    ENROLMENTS_QUEUE_URL: engine.enrolments.url,
    EVENTS_QUEUE_URL: engine.events.url,
    METRIC_EVENTS_QUEUE_URL: engine.metricEvents.url,
    SEND_EMAIL_NOW_QUEUE_URL: engine.senders.email.now.url,
    SEND_SMS_NOW_QUEUE_URL: engine.senders.sms.now.url,
    SEND_PUSH_NOW_QUEUE_URL: engine.senders.push.now.url,
    CHANNELS: config.channels.join(','),
    LINK_SECRET_ARN: data.linkSecret.secretArn,
    PUBLIC_URL: api.publicUrl,
  };
}

/** Verified identities of e-mail; SES tries the address first, then its domain. */
function emailIdentities({ emailIdentities: named, emailFrom }: Config): string[] {
  const { address } = parseMailbox(emailFrom);
  return named ?? [address, address.slice(address.lastIndexOf('@') + 1)];
}
