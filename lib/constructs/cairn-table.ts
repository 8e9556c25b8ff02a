import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

interface CairnTableProps {
  tableName: string;
  /** Index name → its keys; `N` marks a number. All KEYS_ONLY. */
  indexes?: Record<string, [hash: string, range: string, type?: 'N']>;
}

/** A table: on-demand, keys `pk` and `sk`, TTL in `ttl`, point-in-time recovery for 35 days, retained when the stack is deleted. */
export class CairnTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, props: CairnTableProps) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      tableName: props.tableName,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'ttl',
      removalPolicy: RemovalPolicy.RETAIN,
      deletionProtection: true,
    });
    for (const [indexName, [hash, range, type]] of Object.entries(props.indexes ?? {})) {
      this.table.addGlobalSecondaryIndex({
        indexName,
        partitionKey: { name: hash, type: AttributeType.STRING },
        sortKey: { name: range, type: type === 'N' ? AttributeType.NUMBER : AttributeType.STRING },
        projectionType: ProjectionType.KEYS_ONLY,
      });
    }
  }

  get name(): string {
    return this.table.tableName;
  }
  get arn(): string {
    return this.table.tableArn;
  }
  index(name: string): string {
    return `${this.table.tableArn}/index/${name}`;
  }
}
