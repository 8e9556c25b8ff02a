import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type * as z from 'zod';
import type { CairnFunction } from './cairn-function.ts';

interface CairnBucketProps {
  /** Names of buckets are unique in the whole partition: account and Region follow. */
  bucketName: string;
  /** Prefix of keys, which ends with a slash, → days after which its objects expire. */
  expiring: Record<string, number>;
}

const WHY_WILDCARDS = 'Objects under one prefix: their keys are made from campaigns, days and instants.';

/** A bucket: private, encrypted, TLS only, versioned for a week, retained when the stack is deleted. */
export class CairnBucket extends Construct {
  readonly bucket: Bucket;
  private readonly arn: string;

  constructor(scope: Construct, id: string, props: CairnBucketProps) {
    super(scope, id);
    const { account, region, partition } = Stack.of(this);
    const bucketName = `${props.bucketName}-${account}-${region}`;
    this.arn = `arn:${partition}:s3:::${bucketName}`;
    this.bucket = new Bucket(this, 'Bucket', {
      bucketName,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          id: 'leftovers',
          noncurrentVersionExpiration: Duration.days(7),
          expiredObjectDeleteMarker: true,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
        ...Object.entries(props.expiring).map(([prefix, days]) => ({
          id: prefix,
          prefix,
          expiration: Duration.days(days),
        })),
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason: 'Only functions read and write here: CloudTrail’s data events say who did, where a team wants to know.',
    });
  }

  get name(): string {
    return this.bucket.bucketName;
  }

  /**
   * The function may read objects under this prefix. Listing the bucket is what makes S3 answer 404 for an object that is not there, and not 403:
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
   */
  grantRead<Schema extends z.ZodObject>(reader: CairnFunction<Schema>, prefix: string): void {
    reader.allow(['s3:GetObject'], [this.under(prefix)], WHY_WILDCARDS).allow(['s3:ListBucket'], [this.arn]);
  }

  /** The function may write objects under this prefix, and replace them. */
  grantWrite<Schema extends z.ZodObject>(writer: CairnFunction<Schema>, prefix: string): void {
    writer.allow(['s3:PutObject'], [this.under(prefix)], WHY_WILDCARDS);
  }

  /** The function may delete objects under this prefix; older versions stay for a week. */
  grantDelete<Schema extends z.ZodObject>(deleter: CairnFunction<Schema>, prefix: string): void {
    deleter.allow(['s3:DeleteObject'], [this.under(prefix)], WHY_WILDCARDS);
  }

  private under(prefix: string): string {
    return `${this.arn}/${prefix}*`;
  }
}
