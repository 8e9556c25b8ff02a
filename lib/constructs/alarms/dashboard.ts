import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  MathExpression,
  Metric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { INGESTION_METRICS } from '../../../core/metrics/ingestion-counters.ts';
import type { Config } from '../../config.ts';
import type { CairnHttpApi } from '../api/http-api.ts';
import type { CairnQueue } from '../cairn-queue.ts';
import type { JourneyRunner } from '../processing/journey-runner.ts';
import { type Alarms, FIVE_MINUTES } from './alarms.ts';
import { channelMetric, latencyMetric, shareOf } from './channel-alarms.ts';
import { driftMetric, lakeDriftMetric, reportDriftMetric } from './counter-alarms.ts';
import { metricNamespaceOf } from './metrics.ts';

interface Parts {
  config: Config;
  alarms: Alarms;
  queues: Record<string, CairnQueue>;
  httpApi: CairnHttpApi;
  journeys: JourneyRunner;
}

const HOUR = Duration.hours(1);
const WHOLE = 24;
const heading = (markdown: string) => [new TextWidget({ markdown, width: WHOLE, height: 1 })];

/** Two questions, each answered at a glance, and what stands behind the answer: are we healthy, are we hurting anyone. */
export class Dashboard extends CloudWatchDashboard {
  private readonly parts: Parts;

  constructor(scope: Construct, id: string, parts: Parts) {
    const { config, alarms } = parts;
    super(scope, id, { dashboardName: config.prefix });
    this.parts = parts;
    const rows = [
      heading('# Are we healthy?'),
      [new AlarmStatusWidget({ title: 'alarms', alarms: [...alarms.all], width: WHOLE, height: 6 })],
      this.health(),
      heading('# Are we hurting anyone?'),
      this.harm(),
      this.messages(),
      heading('# What goes through'),
      this.flow(),
    ];
    for (const row of rows) this.addWidgets(...row);
  }

  private health() {
    const { config, queues, httpApi } = this.parts;
    const all = Object.entries(queues);
    return [
      graph(
        'oldest message, seconds',
        all.map(([label, { queue }]) =>
          queue.metricApproximateAgeOfOldestMessage({ label, statistic: 'Maximum', period: FIVE_MINUTES }),
        ),
      ),
      graph(
        'dead letters',
        all.map(([label, { deadLetters }]) =>
          deadLetters.metricApproximateNumberOfMessagesVisible({ label, statistic: 'Maximum', period: FIVE_MINUTES }),
        ),
      ),
      graph(
        'seconds until sent, one in twenty takes longer',
        config.channels.map((channel) => latencyMetric(config, channel).with({ label: channel })),
      ),
      graph('counters that differed from the rows, the lake from them, and reports from the lake, a night', [
        driftMetric(config, Duration.days(1)),
        lakeDriftMetric(config, Duration.days(1)),
        reportDriftMetric(config, Duration.days(1)),
      ]),
      new GraphWidget({
        title: 'API: 5xx, and ms of which one answer in twenty takes more',
        width: 8,
        left: [httpApi.metricServerError({ statistic: 'Sum', period: FIVE_MINUTES })],
        right: [httpApi.metricLatency({ statistic: 'p95', period: FIVE_MINUTES })],
      }),
    ];
  }

  private harm() {
    const { config } = this.parts;
    const { notify, pause } = config.alarms.unsubscribe;
    return (['unsubscribed', 'complained', 'bounced'] as const).map(
      (metric) =>
        new GraphWidget({
          title: `% ${metric}, of the messages of 24 hours`,
          width: 8,
          left: config.channels.map((channel) => shareOf(config, channel, metric)),
          leftAnnotations:
            metric === 'unsubscribed'
              ? [
                  { value: notify, label: 'the alarm goes off' },
                  { value: pause, label: 'the channel is paused' },
                ]
              : [],
        }),
    );
  }

  private messages() {
    const { config } = this.parts;
    return (['sent', 'delivered', 'opened', 'clicked', 'failed', 'suppressed'] as const).map((metric) =>
      graph(
        `${metric}, an hour`,
        config.channels.map((channel) => channelMetric(config, channel, metric, HOUR).with({ label: channel })),
      ),
    );
  }

  private flow() {
    const { config, queues, journeys } = this.parts;
    const { advanceRun, registerTaskToken } = journeys;
    const ingestion = INGESTION_METRICS.map(
      (metricName) =>
        new Metric({
          namespace: metricNamespaceOf(config.prefix),
          metricName,
          statistic: 'Sum',
          period: FIVE_MINUTES,
        }),
    );
    const tasks = Object.entries({ 'advance-run': advanceRun.fn, 'register-task-token': registerTaskToken.fn });
    return [
      graph('ingestion', ingestion),
      graph(
        'messages that wait',
        Object.entries(queues).map(([label, { queue }]) =>
          queue.metricApproximateNumberOfMessagesVisible({ label, period: FIVE_MINUTES }),
        ),
      ),
      graph(
        'tasks of journeys',
        tasks.flatMap(([name, fn]) => [
          fn.metricInvocations({ label: name }),
          fn.metricErrors({ label: `${name}: failed` }),
        ]),
      ),
      graph('open executions, % of the quota', [
        new MathExpression({
          expression: '100 * open / limit',
          usingMetrics: { open: ofStates('OpenExecutionCount'), limit: ofStates('OpenExecutionLimit') },
          label: 'open executions',
          period: FIVE_MINUTES,
        }),
      ]),
    ];
  }
}

const ofStates = (metricName: string) =>
  new Metric({ namespace: 'AWS/States', metricName, statistic: 'Maximum', period: FIVE_MINUTES });
const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, width: 8, left });
