import { Construct } from 'constructs';
import type * as z from 'zod';
import { EnvSchema as ProcessDueProfilesEnv } from '../../../functions/process-due-profiles/env.ts';
import { EnvSchema as ProcessEventsEnv } from '../../../functions/process-events/env.ts';
import { metricNamespaceOf } from '../alarms/metrics.ts';
import { CairnFunction } from '../cairn-function.ts';
import { CATALOG } from '../catalog-partitions.ts';
import { RULE_PARTITIONS, rulesEnvironment } from '../rules-access.ts';
import { READ, READ_WRITE } from '../table-access.ts';
import type { EngineParts } from './engine-parts.ts';
import { CONSUMER_TIMEOUT } from './engine-queues.ts';
import { WHY_MACHINE_PATTERN } from './journey-machine-arns.ts';

/** Changes profiles and their tags, by events as they arrive and by time as it passes. */
export class ProfilePipeline extends Construct {
  private readonly parts: EngineParts;

  constructor(scope: Construct, id: string, parts: EngineParts) {
    super(scope, id);
    this.parts = parts;
    this.processEvents();
    this.processDueProfiles();
  }

  private processEvents(): void {
    const { config, stores, queues } = this.parts;
    const fn = new CairnFunction(this, 'ProcessEvents', {
      name: 'process-events',
      prefix: config.prefix,
      schema: ProcessEventsEnv,
      description: 'Profiles, tags, and what events end, resolve and start',
      timeout: CONSUMER_TIMEOUT.events,
      environment: {
        ...this.environment,
        MESSAGES_TABLE: stores.messages.name,
        METRICS_NAMESPACE: metricNamespaceOf(config.prefix),
      },
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.events.deadLetters.queueUrl },
    })
      .allow(READ_WRITE, [stores.messages.arn])
      .allow(['dynamodb:Query'], [stores.runs.index('journey')]);
    this.allowProfileChanges(fn);
    queues.events.addConsumer(fn, { size: 10 });
  }

  private processDueProfiles(): void {
    const { config, queues } = this.parts;
    const fn = new CairnFunction(this, 'ProcessDueProfiles', {
      name: 'process-due-profiles',
      prefix: config.prefix,
      schema: ProcessDueProfilesEnv,
      description: 'Sliding tags that turn, merges to complete',
      timeout: CONSUMER_TIMEOUT.due,
      recursionBoundedBy: 'the instants at which a profile’s tags turn: each message waits for the next of them',
      environment: this.environment,
      extraEnvironment: { DEAD_LETTER_QUEUE_URL: queues.due.deadLetters.queueUrl },
    });
    this.allowProfileChanges(fn);
    queues.due.addConsumer(fn, { size: 10 });
  }

  private get environment() {
    const { stores, queues } = this.parts;
    return {
      ...rulesEnvironment(stores),
      ...queues.profileEnvironment,
      PROFILES_TABLE: stores.profiles.name,
      RUNS_TABLE: stores.runs.name,
    };
  }

  private allowProfileChanges<Schema extends z.ZodObject>(fn: CairnFunction<Schema>): void {
    const { stores, queues, machines } = this.parts;
    fn.allow(READ_WRITE, [stores.profiles.arn, stores.runs.arn])
      .allow(['dynamodb:BatchWriteItem', 'dynamodb:DeleteItem'], [stores.profiles.arn])
      .allowItems(READ, stores.catalog.arn, RULE_PARTITIONS)
      .allowItems(READ_WRITE, stores.catalog.arn, CATALOG.coupons)
      .allow(['states:SendTaskSuccess'], [machines.arnPattern], WHY_MACHINE_PATTERN)
      .allow(['sqs:SendMessage'], queues.profileArns);
  }
}
