import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { resourcesOf } from '../channels/registry.ts';
import type { Config } from '../config.ts';
import { Alarms } from '../constructs/alarms/alarms.ts';
import { channelAlarms } from '../constructs/alarms/channel-alarms.ts';
import { counterAlarms } from '../constructs/alarms/counter-alarms.ts';
import { Dashboard } from '../constructs/alarms/dashboard.ts';
import { deadLetterAlarms } from '../constructs/alarms/dead-letter-alarms.ts';
import { functionAlarms } from '../constructs/alarms/function-alarms.ts';
import { refusalAlarm, reputationAlarms } from '../constructs/alarms/provider-alarms.ts';
import { queueAgeAlarms } from '../constructs/alarms/queue-alarms.ts';
import { runAlarms } from '../constructs/alarms/run-alarms.ts';
import { standstillAlarms } from '../constructs/alarms/standstill-alarms.ts';
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
    queueAgeAlarms(alarms, queues);
    runAlarms(alarms, config, engine.journeys);
    functionAlarms(alarms, config);
    standstillAlarms(alarms, config, { httpApi: api.httpApi });
    refusalAlarm(alarms, config);
    channelAlarms(alarms, config);
    counterAlarms(alarms, config);
    if (config.channels.some((channel) => resourcesOf(channel).hasReputation)) reputationAlarms(alarms);
    new Dashboard(this, 'Dashboard', { config, alarms, queues, httpApi: api.httpApi, journeys: engine.journeys });
  }
}
