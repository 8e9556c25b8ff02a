import { describe, expect, test } from 'vitest';
import {
  all,
  ofLogicalId,
  ofType,
  type Properties,
  propertiesOf,
  protectedStacks,
  type Statement,
  statementsOf,
  synthesiseOnce,
} from './synthesis.ts';

synthesiseOnce();

/** Returns the resources on which a function may do that. */
function allowedTo(functionName: string, action: string): string[] {
  const fn = propertiesOf('AWS::Lambda::Function').find(({ FunctionName }) => FunctionName === functionName);
  const role = (fn?.Role as unknown as { 'Fn::GetAtt': [string] } | undefined)?.['Fn::GetAtt'][0];
  return propertiesOf('AWS::IAM::Policy')
    .filter(({ Roles }) => (Roles as unknown as { Ref: string }[]).some(({ Ref }) => Ref === role))
    .flatMap(({ PolicyDocument }) => (PolicyDocument as unknown as { Statement: Statement[] }).Statement)
    .filter(({ Action }) => [Action].flat().includes(action))
    .flatMap(({ Resource }) => [Resource].flat())
    .map(String);
}

describe('data', () => {
  test('is kept when the stack goes, encrypted, recoverable, and forgets by `ttl`', () => {
    const tables = ofType(all, 'AWS::DynamoDB::Table');
    expect(tables).toHaveLength(5);
    for (const table of tables) {
      expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(table.Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      });
    }
  });

  test('and what runs on it are protected from being deleted by mistake', () => {
    expect(protectedStacks).toEqual(['Data', 'Engine']);
    const client = propertiesOf('AWS::Cognito::UserPoolClient')[0];
    expect(propertiesOf('AWS::Cognito::UserPool')).toMatchObject([{ DeletionProtection: 'ACTIVE' }]);
    // The CDK's default is an implicit grant that leads to example.com.
    expect(client).not.toHaveProperty('AllowedOAuthFlows');
    expect(client).not.toHaveProperty('CallbackURLs');
  });

  test('has indexes that hold keys only: they are written with every change of a key', () => {
    const indexes = propertiesOf('AWS::DynamoDB::Table').flatMap(
      ({ GlobalSecondaryIndexes = [] }) => GlobalSecondaryIndexes as { Projection: object }[],
    );
    expect(indexes.length).toBeGreaterThan(8);
    for (const { Projection } of indexes) expect(Projection).toEqual({ ProjectionType: 'KEYS_ONLY' });
  });

  test('of objects is in a bucket that is kept too, private, encrypted and versioned', () => {
    const buckets = ofType(all, 'AWS::S3::Bucket');
    expect(buckets).toMatchObject([{ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }]);
    expect(buckets[0]?.Properties).toEqual({
      BucketName: 'cairn-objects-111122223333-eu-west-1',
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [
          {
            Id: 'leftovers',
            Status: 'Enabled',
            NoncurrentVersionExpiration: { NoncurrentDays: 7 },
            ExpiredObjectDeleteMarker: true,
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          },
          { Id: 'campaigns/', Status: 'Enabled', Prefix: 'campaigns/', ExpirationInDays: 400 },
          { Id: 'exports/', Status: 'Enabled', Prefix: 'exports/', ExpirationInDays: 1 },
        ],
      },
    });
  });

  test('of objects is reached by TLS alone', () => {
    const arn = { 'Fn::GetAtt': [expect.stringMatching(/^ObjectsBucket/), 'Arn'] };
    expect(statementsOf('AWS::S3::BucketPolicy')).toEqual([
      [
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 's3:*',
          Resource: [arn, { 'Fn::Join': ['', [arn, '/*']] }],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    ]);
  });

  test('includes what signs links that were sent, and what receivers of webhooks hold', () => {
    const secrets = ofType(all, 'AWS::SecretsManager::Secret');
    expect(secrets).toMatchObject([{ DeletionPolicy: 'Retain' }, { DeletionPolicy: 'Retain' }]);
  });
});

/**
 * CloudFormation replaces a resource whose logical id changes: it creates a new one, which fails for a fixed name and gives an API another address,
 * and then deletes the old one.
 */
test('what holds something keeps its logical id: sent links, users and data hang on it', () => {
  const kept = [
    'AWS::DynamoDB::Table',
    'AWS::S3::Bucket',
    'AWS::SecretsManager::Secret',
    'AWS::ApiGatewayV2::Api',
    'AWS::Cognito::UserPool',
  ];
  const ids = kept.flatMap((type) => ofLogicalId(type).map(([id]) => id));
  expect(ids.sort()).toEqual([
    'CatalogTableBBEA0CBC',
    'HttpApiF5A9A8A7',
    'LinkSecret6774D112',
    'MessagesTable9E4E97A0',
    'MetricsTable30109399',
    'ObjectsBucket5A707942',
    'ProfilesTable43079065',
    'RunsTable96AAA230',
    'Users0A0EEA89',
    'WebhookSecretF21E29CC',
  ]);
});

describe('queues', () => {
  const queues = () => propertiesOf('AWS::SQS::Queue');

  test('each has a dead-letter queue, or is one', () => {
    const dead = queues().filter(({ QueueName }) => /-dlq(\.fifo)?$/.test(String(QueueName)));
    const live = queues().filter((queue) => !dead.includes(queue));
    expect(live.length).toBe(dead.length);
    for (const queue of live)
      expect(queue.RedrivePolicy).toMatchObject({ maxReceiveCount: queue.FifoQueue === true ? 16 : 10 });
  });

  test('that have a dead-letter queue are all known to who lists and redrives it, and who may', () => {
    const named = queues().flatMap(({ QueueName, RedrivePolicy }) => (RedrivePolicy ? [String(QueueName)] : []));
    const arn = (name: string) => `arn:aws:sqs:eu-west-1:111122223333:${name}`;
    const dead = named.map((name) => arn(name.replace(/(\.fifo)?$/, '-dlq$1')));
    for (const [name, actions] of [
      ['admin-api', ['sqs:GetQueueAttributes', 'sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility']],
      ['run-job', ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:DeleteMessage']],
    ] as const) {
      const fn = propertiesOf('AWS::Lambda::Function').find(({ FunctionName }) => FunctionName === `cairn-${name}`);
      const { QUEUES } = (fn as { Environment?: { Variables: { QUEUES: string } } }).Environment?.Variables ?? {};
      expect(QUEUES?.split(',').sort()).toEqual(named.map((one) => one.replace('cairn-', '')).sort());
      for (const action of actions) expect(allowedTo(`cairn-${name}`, action)).toEqual(expect.arrayContaining(dead));
    }
    expect(allowedTo('cairn-run-job', 'sqs:SendMessage')).toEqual(expect.arrayContaining(named.map(arn)));
  });

  test('are encrypted, and keep for 14 days what nobody takes', () => {
    for (const queue of queues())
      expect(queue).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
  });

  test('of events has high throughput: limits and deduplication hold for each profile', () => {
    expect(queues().find(({ QueueName }) => QueueName === 'cairn-events.fifo')).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
  });

  test('hide a message for six times as long as its function may run', () => {
    const byId = (id: string) => all[id]?.Properties as Properties;
    const target = (reference: unknown) =>
      byId(String((reference as { Ref?: string }).Ref ?? (reference as { 'Fn::GetAtt': string[] })['Fn::GetAtt']?.[0]));
    const mappings = propertiesOf('AWS::Lambda::EventSourceMapping').filter(
      ({ EventSourceArn }) =>
        typeof EventSourceArn === 'object' && EventSourceArn !== null && 'Fn::GetAtt' in EventSourceArn,
    );
    expect(mappings.length).toBeGreaterThan(3);
    for (const { EventSourceArn, FunctionName, MaximumBatchingWindowInSeconds } of mappings)
      expect(Number(target(EventSourceArn).VisibilityTimeout)).toBeGreaterThanOrEqual(
        6 * Number(target(FunctionName).Timeout) + Number(MaximumBatchingWindowInSeconds ?? 0),
      );
  });

  test('gather metric events, of which five seconds share the writes of their counters, and checks of guardrails', () => {
    const windows = propertiesOf('AWS::Lambda::EventSourceMapping').flatMap(
      ({ FunctionName, BatchSize, MaximumBatchingWindowInSeconds }) =>
        MaximumBatchingWindowInSeconds === undefined
          ? []
          : [{ of: JSON.stringify(FunctionName), BatchSize, MaximumBatchingWindowInSeconds }],
    );
    expect(windows).toEqual([
      { of: expect.stringContaining('CheckGuardrails'), BatchSize: 100, MaximumBatchingWindowInSeconds: 5 },
      { of: expect.stringContaining('RecordMetrics'), BatchSize: 1000, MaximumBatchingWindowInSeconds: 5 },
    ]);
    // Lambda has received them when the window begins.
    const queue = propertiesOf('AWS::SQS::Queue').find(({ QueueName }) => QueueName === 'cairn-metric-events');
    const record = propertiesOf('AWS::Lambda::Function').find((one) => one.FunctionName === 'cairn-record-metrics');
    expect(Number(queue?.VisibilityTimeout)).toBe(6 * Number(record?.Timeout) + 5);
  });

  test('hand on batches of which single records may fail', () => {
    for (const mapping of propertiesOf('AWS::Lambda::EventSourceMapping'))
      expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });

  test('wake somebody when a message is put aside', () => {
    const alarms = propertiesOf('AWS::CloudWatch::Alarm').map(({ AlarmName }) => String(AlarmName));
    const dead = queues().map(({ QueueName }) => /^cairn-(.*)-dlq/.exec(String(QueueName))?.[1]);
    for (const name of dead.filter((one) => one !== undefined)) expect(alarms).toContain(`cairn-${name}-dead-letters`);
  });
});

describe('what carries messages', () => {
  test('refuses whoever speaks without TLS', () => {
    const policies = [...statementsOf('AWS::SQS::QueuePolicy'), ...statementsOf('AWS::SNS::TopicPolicy')];
    expect(policies).toHaveLength(propertiesOf('AWS::SQS::Queue').length + propertiesOf('AWS::SNS::Topic').length);
    for (const statements of policies)
      expect(statements).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      );
  });

  test('takes what services of this account publish: receipts, answers, alarms', () => {
    const topics = statementsOf('AWS::SNS::TopicPolicy')
      .flat()
      .filter(({ Effect, Principal }) => Effect === 'Allow' && Principal?.Service !== undefined);
    expect(topics.map(({ Principal }) => Principal?.Service).sort()).toEqual([
      'cloudwatch.amazonaws.com',
      'ses.amazonaws.com',
      ...['sms-voice.amazonaws.com', 'sms-voice.amazonaws.com'],
    ]);
    for (const { Condition } of topics)
      expect(Condition).toEqual({ StringEquals: { 'aws:SourceAccount': '111122223333' } });
  });
});
