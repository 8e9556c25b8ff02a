import { Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { EXPORTS_PREFIX } from '../../../core/jobs/export-spec.ts';
import { CELL_PREFIX } from '../../../core/metrics/cells.ts';
import { FACTS_PREFIX } from '../../../core/results/fact-files.ts';
import { EnvSchema as MaintainLakeEnv } from '../../../functions/maintain-lake/env.ts';
import { EnvSchema as QueryFactsEnv } from '../../../functions/query-facts/env.ts';
import { metricNamespaceOf } from '../alarms/metrics.ts';
import { CairnFunction } from '../cairn-function.ts';
import { RULE_PARTITIONS, rulesEnvironment } from '../rules-access.ts';
import { READ } from '../table-access.ts';
import type { EngineParts } from './engine-parts.ts';
import { FactTable } from './fact-table.ts';
import { AUDIENCES } from './jobs.ts';
import { Schedule } from './schedule.ts';

/** On a function's own disk, the only folder that it may write to. */
const FACTS_FOLDER = '/tmp/facts';
/** MB of that disk: `runtime/wiring/lake.ts` divides it. */
const DISK_MB = 4_096;

/** The data lake of facts: who asks it, and who keeps it. */
export class Lake extends Construct {
  /** `query-facts`. */
  readonly queryFacts: CairnFunction<typeof QueryFactsEnv>;

  constructor(scope: Construct, id: string, { config, stores }: Pick<EngineParts, 'config' | 'stores'>) {
    super(scope, id);
    this.queryFacts = new CairnFunction(this, 'QueryFacts', {
      name: 'query-facts',
      prefix: config.prefix,
      schema: QueryFactsEnv,
      description: 'Answers questions to the data lake',
      timeout: Duration.minutes(15),
      diskMb: DISK_MB,
      environment: { OBJECTS_BUCKET: stores.objects.name, FACTS_FOLDER },
    });
    stores.objects.grantRead(this.queryFacts, FACTS_PREFIX);
    // Who was assigned to which arm of a campaign.
    stores.objects.grantRead(this.queryFacts, AUDIENCES);
    // Whether an export is there already, and the parts that it is made of.
    stores.objects.grantRead(this.queryFacts, EXPORTS_PREFIX);
    stores.objects.grantWrite(this.queryFacts, EXPORTS_PREFIX);
    stores.objects.grantDelete(this.queryFacts, EXPORTS_PREFIX);
    this.maintain({ config, stores });
    new FactTable(this, 'FactTable', { prefix: config.prefix, bucket: stores.objects.name });
  }

  private maintain({ config, stores }: Pick<EngineParts, 'config' | 'stores'>): void {
    const fn = new CairnFunction(this, 'MaintainLake', {
      name: 'maintain-lake',
      prefix: config.prefix,
      schema: MaintainLakeEnv,
      description: 'Compacts the data lake, compares it with the counters, and mends those of reports',
      timeout: Duration.minutes(15),
      diskMb: DISK_MB,
      environment: {
        OBJECTS_BUCKET: stores.objects.name,
        FACTS_FOLDER,
        METRICS_TABLE: stores.metrics.name,
        METRICS_NAMESPACE: metricNamespaceOf(config.prefix),
        ...rulesEnvironment(stores),
      },
    })
      .allow(['dynamodb:Query'], [stores.metrics.arn])
      .allowItems(['dynamodb:UpdateItem'], stores.metrics.arn, [`${CELL_PREFIX}*`])
      // The timezone whose days reports have.
      .allowItems(READ, stores.catalog.arn, RULE_PARTITIONS);
    stores.objects.grantRead(fn, FACTS_PREFIX);
    stores.objects.grantWrite(fn, FACTS_PREFIX);
    stores.objects.grantDelete(fn, FACTS_PREFIX);
    new Schedule(this, 'EveryHour', 'cron(23 * * * ? *)', fn.fn);
  }
}
