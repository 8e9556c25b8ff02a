import { RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { CairnBucket } from '../constructs/cairn-bucket.ts';
import { CairnTable } from '../constructs/cairn-table.ts';
import type { Stores } from '../constructs/stores.ts';

const DUE = { due: ['dueShard', 'dueAt', 'N'] } satisfies Record<string, [string, string, 'N']>;

/** Days after which the pages of a campaign's audience expire: the pages are of use while it is sent, and for looking at it in the year after. */
const CAMPAIGN_DAYS = 400;
/** Whoever asked for an export has a link that is valid for an hour. */
const EXPORT_DAYS = 1;

/** Stored data: the five tables and the bucket of `docs/architecture.md`, and the secrets that sign links and webhooks. */
export class DataStack extends Stack implements Stores {
  readonly profiles: CairnTable;
  readonly runs: CairnTable;
  readonly messages: CairnTable;
  readonly catalog: CairnTable;
  readonly metrics: CairnTable;
  readonly objects: CairnBucket;
  readonly linkSecret: Secret;
  readonly webhookSecret: Secret;

  constructor(scope: Construct, id: string, props: StackProps & { config: Config }) {
    super(scope, id, { ...props, terminationProtection: true });
    const { prefix } = props.config;
    this.profiles = new CairnTable(this, 'Profiles', {
      tableName: `${prefix}-profiles`,
      indexes: { ...DUE, membership: ['member', 'pk'] },
    });
    this.runs = new CairnTable(this, 'Runs', {
      tableName: `${prefix}-runs`,
      indexes: { ...DUE, journey: ['journey', 'profileAt'], profile: ['profile', 'at', 'N'] },
    });
    this.messages = new CairnTable(this, 'Messages', {
      tableName: `${prefix}-messages`,
      indexes: {
        ...DUE,
        source: ['source', 'sourceAt'],
        held: ['held', 'heldAt', 'N'],
        day: ['day', 'at', 'N'],
      },
    });
    this.catalog = new CairnTable(this, 'Catalog', {
      tableName: `${prefix}-catalog`,
      indexes: { ...DUE, kind: ['kind', 'pk'] },
    });
    this.metrics = new CairnTable(this, 'Metrics', { tableName: `${prefix}-metrics` });
    this.objects = new CairnBucket(this, 'Objects', {
      bucketName: `${prefix}-objects`,
      expiring: { 'campaigns/': CAMPAIGN_DAYS, 'exports/': EXPORT_DAYS },
    });
    this.linkSecret = new Secret(this, 'LinkSecret', {
      secretName: `${prefix}/links`,
      description: 'Signs the tokens of unsubscribe pages and counted links, and the cursors of lists',
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
      // Links in sent messages must work after the stack is deleted.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.webhookSecret = new Secret(this, 'WebhookSecret', {
      secretName: `${prefix}/webhooks`,
      description: 'Signs what webhook nodes send, in base64; receivers verify by it (standardwebhooks.com)',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(this.webhookSecret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'Receivers hold a copy: it is rotated together with them, by hand.',
    });
    Validations.of(this.linkSecret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'Links in messages that were sent must go on working: a new secret would void them all, unsubscribing among them.',
    });
  }
}
