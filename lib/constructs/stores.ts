import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { CairnBucket } from './cairn-bucket.ts';
import type { CairnTable } from './cairn-table.ts';

/** Stores that functions read and write: tables, a bucket and secrets. */
export interface Stores {
  readonly profiles: CairnTable;
  readonly runs: CairnTable;
  readonly messages: CairnTable;
  readonly catalog: CairnTable;
  readonly metrics: CairnTable;
  readonly objects: CairnBucket;
  readonly linkSecret: ISecret;
  readonly webhookSecret: ISecret;
}
