import { CustomResource, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { Campaigns } from '../constructs/processing/campaigns.ts';
import { ChannelPauses } from '../constructs/processing/channel-pauses.ts';
import { Dispatcher } from '../constructs/processing/dispatcher.ts';
import { EngineQueues } from '../constructs/processing/engine-queues.ts';
import { Guardrails } from '../constructs/processing/guardrails.ts';
import { Jobs } from '../constructs/processing/jobs.ts';
import { journeyMachineArns } from '../constructs/processing/journey-machine-arns.ts';
import { JourneyRunner } from '../constructs/processing/journey-runner.ts';
import { Lake } from '../constructs/processing/lake.ts';
import { MachineRemoval } from '../constructs/processing/machine-removal.ts';
import { Maintenance } from '../constructs/processing/maintenance.ts';
import { ProfilePipeline } from '../constructs/processing/profile-pipeline.ts';
import { Webhooks } from '../constructs/processing/webhooks.ts';
import type { Stores } from '../constructs/stores.ts';

/** Stack of queues, the functions of profiles and runs, jobs and webhooks. */
export class EngineStack extends Stack {
  readonly queues: EngineQueues;
  readonly journeys: JourneyRunner;
  readonly lake: Lake;

  constructor(scope: Construct, id: string, props: StackProps & { config: Config; data: Stores }) {
    super(scope, id, { ...props, terminationProtection: true });
    const { config, data: stores } = props;
    const { prefix } = config;
    const machines = journeyMachineArns(this, prefix);
    this.queues = new EngineQueues(this, 'Queues', { prefix });
    const parts = { config, stores, queues: this.queues, machines };
    new ProfilePipeline(this, 'ProfilePipeline', parts);
    new Dispatcher(this, 'Dispatcher', parts);
    this.journeys = new JourneyRunner(this, 'JourneyRunner', parts);
    const { topic: alerts } = new Guardrails(this, 'Guardrails', parts);
    new ChannelPauses(this, 'ChannelPauses', { ...parts, alerts });
    new Campaigns(this, 'Campaigns', { ...parts, alerts });
    this.lake = new Lake(this, 'Lake', parts);
    new Jobs(this, 'Jobs', { ...parts, queryFacts: this.lake.queryFacts.fn });
    new Webhooks(this, 'Webhooks', parts);
    new Maintenance(this, 'Maintenance', parts);
    const { serviceToken } = new MachineRemoval(this, 'MachineRemoval', { prefix, machines });
    // With another name this would be another resource, and the old one would be deleted.
    new CustomResource(this, 'JourneyMachines', { serviceToken, resourceType: 'Custom::JourneyMachines' });
  }
}
