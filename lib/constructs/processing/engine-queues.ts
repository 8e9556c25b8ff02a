import { Construct } from 'constructs';
import { CHANNELS, type Channel } from '../../../core/channels/registry.ts';
import { PRIORITIES, type Priority } from '../../../core/messages/send-request.ts';
import { senderQueuesEnv } from '../../../runtime/wiring/sender-queues-env.ts';
import { seconds } from '../cairn-function.ts';
import { CairnQueue } from '../cairn-queue.ts';

/** How long the function behind each queue may run. */
export const CONSUMER_TIMEOUT = {
  events: seconds(60),
  due: seconds(30),
  enrolments: seconds(30),
  metricEvents: seconds(30),
  guardrails: seconds(60),
  alarms: seconds(30),
  jobs: seconds(60),
  campaigns: seconds(60),
  reportMails: seconds(120),
  webhooks: seconds(15),
  stopExecutions: seconds(60),
  send: seconds(30),
};

/** The queue of what providers report, which the stack of the senders has. */
export const FEEDBACK_QUEUE = 'feedback';

/** Queues between the functions, and what a function that sends to them is given. */
export class EngineQueues extends Construct {
  readonly events: CairnQueue;
  readonly due: CairnQueue;
  readonly enrolments: CairnQueue;
  readonly metricEvents: CairnQueue;
  readonly guardrails: CairnQueue;
  readonly alarms: CairnQueue;
  readonly jobs: CairnQueue;
  readonly campaigns: CairnQueue;
  readonly reportMails: CairnQueue;
  readonly webhooks: CairnQueue;
  readonly stopExecutions: CairnQueue;
  readonly senders: Record<Channel, Record<Priority, CairnQueue>>;

  constructor(scope: Construct, id: string, { prefix }: { prefix: string }) {
    super(scope, id);
    const queue = (queueId: string, name: string, consumerTimeout = CONSUMER_TIMEOUT.send) =>
      new CairnQueue(this, queueId, { queueName: `${prefix}-${name}`, consumerTimeout });
    this.events = new CairnQueue(this, 'Events', {
      queueName: `${prefix}-events`,
      fifo: true,
      consumerTimeout: CONSUMER_TIMEOUT.events,
      // A failed message is retried after 5 s, 10 s … 6 min: for an hour in all, as on the other queues.
      maxReceiveCount: 16,
    });
    this.due = queue('Due', 'due', CONSUMER_TIMEOUT.due);
    this.enrolments = queue('Enrolments', 'enrolments', CONSUMER_TIMEOUT.enrolments);
    this.metricEvents = new CairnQueue(this, 'MetricEvents', {
      queueName: `${prefix}-metric-events`,
      consumerTimeout: CONSUMER_TIMEOUT.metricEvents,
      // Metric events of five seconds share the writes of their counters.
      batchingWindow: seconds(5),
    });
    this.guardrails = new CairnQueue(this, 'Guardrails', {
      queueName: `${prefix}-guardrails`,
      consumerTimeout: CONSUMER_TIMEOUT.guardrails,
      // A busy channel is checked once in this time, not at each batch of its messages.
      batchingWindow: seconds(5),
    });
    this.alarms = queue('Alarms', 'alarms', CONSUMER_TIMEOUT.alarms);
    this.jobs = queue('Jobs', 'jobs', CONSUMER_TIMEOUT.jobs);
    this.campaigns = queue('Campaigns', 'campaigns', CONSUMER_TIMEOUT.campaigns);
    this.reportMails = queue('ReportMails', 'report-mails', CONSUMER_TIMEOUT.reportMails);
    this.webhooks = queue('Webhooks', 'webhooks', CONSUMER_TIMEOUT.webhooks);
    this.stopExecutions = queue('StopExecutions', 'stop-executions', CONSUMER_TIMEOUT.stopExecutions);
    this.senders = Object.fromEntries(
      CHANNELS.map((channel) => [
        channel,
        {
          now: queue(`Send-${channel}-now`, `send-${channel}-now`),
          bulk: queue(`Send-${channel}-bulk`, `send-${channel}-bulk`),
        },
      ]),
    ) as EngineQueues['senders'];
  }

  /** URLs for a function that changes profiles. */
  get profileEnvironment() {
    return {
      EVENTS_QUEUE_URL: this.events.url,
      DUE_QUEUE_URL: this.due.url,
      ENROLMENTS_QUEUE_URL: this.enrolments.url,
      STOP_EXECUTIONS_QUEUE_URL: this.stopExecutions.url,
      METRIC_EVENTS_QUEUE_URL: this.metricEvents.url,
    };
  }

  /** URLs for a function that asks for messages to be sent. */
  get sendersEnvironment() {
    return senderQueuesEnv((channel, priority) => this.senders[channel][priority].url);
  }

  /** ARNs of the queues of `profileEnvironment`. */
  get profileArns(): string[] {
    return arnsOf([this.events, this.due, this.enrolments, this.stopExecutions, this.metricEvents]);
  }

  /** ARNs of the queues of `sendersEnvironment`. */
  get senderArns(): string[] {
    return arnsOf(CHANNELS.flatMap((channel) => PRIORITIES.map((priority) => this.senders[channel][priority])));
  }

  /** Each by its name without the prefix. */
  get byName(): Record<string, CairnQueue> {
    const senders = CHANNELS.flatMap((channel) => [
      [`send-${channel}-now`, this.senders[channel].now] as const,
      [`send-${channel}-bulk`, this.senders[channel].bulk] as const,
    ]);
    return {
      webhooks: this.webhooks,
      events: this.events,
      due: this.due,
      enrolments: this.enrolments,
      'metric-events': this.metricEvents,
      guardrails: this.guardrails,
      alarms: this.alarms,
      jobs: this.jobs,
      campaigns: this.campaigns,
      'report-mails': this.reportMails,
      'stop-executions': this.stopExecutions,
      ...Object.fromEntries(senders),
    };
  }
}

export const arnsOf = (queues: CairnQueue[]): string[] => queues.map(({ queue }) => queue.queueArn);
