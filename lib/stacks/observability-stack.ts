import { Stack, type StackProps } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { INGESTION_METRICS } from '../../core/metrics/ingestion-counters.ts';
import { resourcesOf } from '../channels/registry.ts';
import type { Config } from '../config.ts';
import { Alarms, FIVE_MINUTES } from '../constructs/alarms/alarms.ts';
import { deadLetterAlarms } from '../constructs/alarms/dead-letter-alarms.ts';
import { metricNamespaceOf } from '../constructs/alarms/metrics.ts';
import { refusalAlarm, reputationAlarms } from '../constructs/alarms/provider-alarms.ts';
import { runAlarms } from '../constructs/alarms/run-alarms.ts';
import { standstillAlarms } from '../constructs/alarms/standstill-alarms.ts';
import type { CairnQueue } from '../constructs/cairn-queue.ts';
import type { JourneyRunner } from '../constructs/processing/journey-runner.ts';
import type { ApiStack } from './api-stack.ts';
import type { EngineStack } from './engine-stack.ts';
import type { SendingStack } from './sending-stack.ts';

interface Props extends StackProps {
  config: Config;
  engine: EngineStack;
  api: ApiStack;
  sending: SendingStack;
}

/** Alarms and one dashboard. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: Props) {
    super(scope, id, props);
    const { config, engine, api, sending } = props;
    const queues = { ...engine.queues.byName, feedback: sending.feedback };
    const alarms = new Alarms(this, 'Alarms', config);
    deadLetterAlarms(alarms, queues);
    runAlarms(alarms, config, engine.journeys);
    standstillAlarms(alarms, config, { events: engine.queues.events, httpApi: api.httpApi });
    refusalAlarm(alarms, config);
    if (config.channels.some((channel) => resourcesOf(channel).hasReputation)) reputationAlarms(alarms);
    this.addDashboard(config.prefix, queues, engine.journeys);
  }

  private addDashboard(
    dashboardName: string,
    queues: Record<string, CairnQueue>,
    { advanceRun, registerTaskToken }: JourneyRunner,
  ): void {
    const backlogs = Object.entries(queues).map(
      ([title, { queue }]) =>
        new GraphWidget({
          title,
          width: 8,
          left: [queue.metricApproximateNumberOfMessagesVisible(), queue.metricApproximateAgeOfOldestMessage()],
        }),
    );
    const tasks = Object.entries({ 'advance-run': advanceRun, 'register-task-token': registerTaskToken }).map(
      ([title, { fn }]) =>
        new GraphWidget({
          title,
          width: 12,
          left: [fn.metricInvocations(), fn.metricErrors()],
          right: [fn.metricDuration()],
        }),
    );
    const ingestion = new GraphWidget({
      title: 'ingestion',
      width: 24,
      left: INGESTION_METRICS.map(
        (metricName) =>
          new Metric({
            namespace: metricNamespaceOf(dashboardName),
            metricName,
            statistic: 'Sum',
            period: FIVE_MINUTES,
          }),
      ),
    });
    new Dashboard(this, 'Dashboard', { dashboardName, widgets: [[ingestion], backlogs, tasks] });
  }
}
