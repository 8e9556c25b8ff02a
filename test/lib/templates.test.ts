import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { INGESTION_METRICS } from '../../core/metrics/ingestion-counters.ts';
import { functionNames } from '../../lib/bundles.ts';
import { cairn } from '../../lib/cairn.ts';
import { LOCAL_STAGE, parseConfig } from '../../lib/config.ts';
import { EXCLUDED_FROM_EMULATOR } from '../../lib/constructs/emulator-exclusions.ts';
import { ROUTES } from '../../lib/routes.ts';

type Properties = Record<string, never> & Record<string, unknown>;
interface Resource {
  Type: string;
  Properties?: Properties;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}
type Resources = Record<string, Resource>;
interface Statement {
  Effect: string;
  Action: unknown;
  Resource: unknown;
  Principal?: Record<string, unknown>;
  Condition?: object;
}

const folders: string[] = [];
let protectedStacks: string[] = [];
/** cdk.json's flags. */
const FLAGS = (JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: object }).context;

/** The resources of all stacks as they would be deployed. Synthesis fails if cdk-nag finds a violation without an explanation. */
async function synthesised(config: Record<string, unknown> = {}, emulator = false): Promise<Resources> {
  const outdir = await mkdtemp(join(tmpdir(), 'cairn-'));
  folders.push(outdir);
  const app = new App({ outdir, context: FLAGS });
  cairn(app, '111122223333', parseConfig(config, { stage: LOCAL_STAGE, region: 'eu-west-1', emulator }));
  const { stacks } = app.synth();
  protectedStacks = stacks.flatMap(({ id, terminationProtection }) => (terminationProtection ? [id] : [])).sort();
  const templates = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  return Object.assign(
    {},
    ...templates.map(
      (file) => (JSON.parse(readFileSync(join(outdir, file), 'utf8')) as { Resources: Resources }).Resources,
    ),
  ) as Resources;
}

const ofType = (resources: Resources, type: string) => Object.values(resources).filter(({ Type }) => Type === type);
const propertiesOf = (type: string) => ofType(all, type).map(({ Properties }) => Properties as Properties);
const ofLogicalId = (type: string) =>
  Object.entries(all).flatMap(([id, { Type, Properties }]) =>
    Type === type ? [[id, Properties as Properties] as const] : [],
  );
/** Returns the statements of each policy of this type. */
const statementsOf = (type: string) =>
  propertiesOf(type).map(({ PolicyDocument }) => (PolicyDocument as unknown as { Statement: Statement[] }).Statement);
const ours = () => propertiesOf('AWS::Lambda::Function').filter(({ FunctionName }) => FunctionName !== undefined);

let all: Resources;
beforeAll(async () => {
  all = await synthesised();
}, 60_000);
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

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
    for (const { EventSourceArn, FunctionName } of mappings)
      expect(Number(target(EventSourceArn).VisibilityTimeout)).toBeGreaterThanOrEqual(
        6 * Number(target(FunctionName).Timeout),
      );
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

describe('functions', () => {
  test('each has its bundle, a timeout, memory, a log of its own', () => {
    expect(
      ours()
        .map(({ FunctionName }) => String(FunctionName).replace('cairn-', ''))
        .sort(),
    ).toEqual(functionNames());
    for (const fn of ours())
      expect(fn).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Timeout: expect.any(Number),
        MemorySize: expect.any(Number),
        LoggingConfig: { LogGroup: expect.anything() },
      });
  });

  test('log JSON, to a group of their own that is kept for 30 days; nothing is traced', () => {
    for (const fn of propertiesOf('AWS::Lambda::Function')) expect(fn.LoggingConfig).toHaveProperty('LogGroup');
    for (const fn of ours()) {
      expect(fn).toMatchObject({
        LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' },
      });
      expect(fn).not.toHaveProperty('TracingConfig');
    }
    for (const log of propertiesOf('AWS::Logs::LogGroup')) expect(log.RetentionInDays).toBe(30);
    expect(JSON.stringify(all)).not.toContain('xray:');
  });

  test.each(functionNames())('%s is given exactly the variables that it asks for', async (name) => {
    const { EnvSchema } = (await import(`../../functions/${name}/env.ts`)) as { EnvSchema: z.ZodObject };
    const fn = ours().find(({ FunctionName }) => FunctionName === `cairn-${name}`);
    const given = Object.keys((fn?.Environment as { Variables?: object } | undefined)?.Variables ?? {});
    expect(given.filter((variable) => variable !== 'DEAD_LETTER_QUEUE_URL').sort()).toEqual(
      Object.keys(EnvSchema.shape).sort(),
    );
  });

  test('may do what is named, to what is named', () => {
    const statements = statementsOf('AWS::IAM::Policy').flat();
    for (const { Action } of statements)
      for (const action of [Action].flat()) expect(String(action)).toMatch(/^[a-z0-9-]+:[A-Za-z]+\*?$/);
    const open = statements.filter(({ Resource }) => [Resource].flat().includes('*'));
    // Listing knows no resource; the CDK's own provider function is not ours.
    for (const { Action } of open) expect(Action).toBe('states:ListStateMachines');
  });

  test('that make machines make only ours, and hand them one role, to one service', () => {
    const statements = statementsOf('AWS::IAM::Policy').flat();
    const about = (action: string) => statements.filter(({ Action }) => [Action].flat().includes(action));
    const ourMachines = 'arn:aws:states:eu-west-1:111122223333:stateMachine:cairn-*';
    for (const action of [
      'CreateStateMachine',
      'UpdateStateMachine',
      'TagResource',
      'DeleteStateMachine',
      'StartExecution',
    ])
      expect(about(`states:${action}`).map(({ Resource }) => Resource)).toEqual([ourMachines]);
    for (const { Resource } of about('states:SendTaskSuccess')) expect(Resource).toBe(ourMachines);
    expect(about('states:StopExecution').map(({ Resource }) => Resource)).toEqual([
      'arn:aws:states:eu-west-1:111122223333:execution:cairn-*',
    ]);
    expect(about('iam:PassRole')).toMatchObject([
      {
        Resource: { 'Fn::ImportValue': expect.stringContaining('JourneysRole') },
        Condition: { StringEquals: { 'iam:PassedToService': 'states.amazonaws.com' } },
      },
    ]);
  });

  test('machines go with the stack alone: the resource that removes them keeps its id, and removes what bears our tag', () => {
    expect(ofLogicalId('Custom::JourneyMachines').map(([id]) => id)).toEqual(['JourneyMachines']);
    const statements = statementsOf('AWS::IAM::Policy').flat();
    const about = (action: string) => statements.filter(({ Action }) => [Action].flat().includes(action));
    expect(about('states:DeleteStateMachine').map(({ Condition }) => Condition)).toEqual([
      { StringEquals: { 'aws:ResourceTag/cairn': 'cairn' } },
    ]);
    expect(about('cloudformation:DescribeStacks').map(({ Resource }) => Resource)).toEqual([{ Ref: 'AWS::StackId' }]);
  });

  test('reach into Catalog by named partitions only; nobody removes what the audit log holds', () => {
    const catalog = statementsOf('AWS::IAM::Policy')
      .flat()
      .filter(({ Action, Resource }) => {
        const [action] = [Action].flat();
        return (
          String(action).startsWith('dynamodb:') && /TableCatalog|Catalog\w*Table\w*Arn/.test(JSON.stringify(Resource))
        );
      })
      .filter(({ Resource }) => !JSON.stringify(Resource).includes('/index/'));
    expect(catalog.length).toBeGreaterThan(15);
    for (const statement of catalog)
      expect(statement).toMatchObject({
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': expect.anything() } },
      });
    const audit = catalog.filter(({ Condition }) => JSON.stringify(Condition).includes('audit#*'));
    for (const { Action } of audit)
      expect([
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ]).toEqual(expect.arrayContaining([Action].flat() as string[]));
  });

  test('only `webhook` and `send-webhook`, which call receivers, read what secrets hold; `admin-api` writes them without seeing them', () => {
    const about = propertiesOf('AWS::IAM::Policy').flatMap(({ PolicyDocument, Roles }) =>
      (PolicyDocument as unknown as { Statement: Statement[] }).Statement.filter(({ Condition }) =>
        JSON.stringify(Condition ?? {}).includes('secret#*'),
      ).map(({ Action, Condition }) => ({ role: JSON.stringify(Roles), Action, Condition })),
    );
    const keys = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['secret#*'] } };
    expect(about).toEqual(
      expect.arrayContaining([
        { role: expect.stringContaining('"WebhooksWebhookRole'), Action: 'dynamodb:GetItem', Condition: keys },
        { role: expect.stringContaining('"SendWebhookRole'), Action: 'dynamodb:GetItem', Condition: keys },
        {
          role: expect.stringContaining('"AdminApiRole'),
          Action: ['dynamodb:DeleteItem', 'dynamodb:PutItem'],
          Condition: { ...keys, StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' } },
        },
      ]),
    );
    expect(about).toHaveLength(3);
  });

  /** A replacement is a new resource beside the old one: CloudFormation replaces by a new logical id, or by one of these properties. */
  test('`advance-run`, `register-task-token` and the journeys’ role are never replaced: machines of a year ago name them', () => {
    const kept = ({ Type, Properties }: Resource) => ({
      Type,
      name: Properties?.FunctionName ?? Properties?.RoleName,
      path: Properties?.Path,
      package: Properties?.PackageType,
      tenancy: Properties?.TenancyConfig,
    });
    const fn = (name: string) => ({ Type: 'AWS::Lambda::Function', name });
    expect(
      Object.fromEntries(
        [
          'JourneyRunnerAdvanceRunFunction0B713D54',
          'JourneyRunnerRegisterTaskTokenFunction7EB495F6',
          'JourneyRunnerJourneysRoleD92073E7',
        ].map((id) => [id, all[id] && kept(all[id])]),
      ),
    ).toEqual({
      JourneyRunnerAdvanceRunFunction0B713D54: fn('cairn-advance-run'),
      JourneyRunnerRegisterTaskTokenFunction7EB495F6: fn('cairn-register-task-token'),
      JourneyRunnerJourneysRoleD92073E7: { Type: 'AWS::IAM::Role', name: 'cairn-journeys', path: '/cairn/' },
    });
  });

  test('`advance-run` and `register-task-token` may be invoked by the journeys’ role, which only our machines take on', () => {
    const policies = Object.values(all).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::IAM::Policy' &&
        JSON.stringify(Properties?.Roles) === '[{"Ref":"JourneyRunnerJourneysRoleD92073E7"}]',
    );
    const invoked = ['JourneyRunnerAdvanceRunFunction0B713D54', 'JourneyRunnerRegisterTaskTokenFunction7EB495F6'].map(
      (id) => ({ 'Fn::GetAtt': [id, 'Arn'] }),
    );
    expect(policies.map(({ Properties }) => Properties?.PolicyDocument)).toMatchObject([
      { Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: invoked }] },
    ]);
    expect(all.JourneyRunnerJourneysRoleD92073E7?.Properties?.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'states.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': '111122223333' },
            ArnLike: { 'aws:SourceArn': 'arn:aws:states:eu-west-1:111122223333:stateMachine:cairn-*' },
          },
        },
      ],
    });
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

describe('the HTTP API', () => {
  const routes = () => propertiesOf('AWS::ApiGatewayV2::Route');

  test('asks for a token everywhere but where a write key, a signed link or nothing is asked for', () => {
    const open = routes()
      .filter(({ AuthorizationType }) => AuthorizationType !== 'JWT')
      .map(({ RouteKey }) => String(RouteKey));
    const ingestion = ['identify', 'track', 'page', 'screen', 'group', 'alias', 'batch', 'import', ...'itpsgab'];
    expect(open.sort()).toEqual(
      [
        '$default',
        ...ingestion.flatMap((call) => [`POST /v1/${call}`, `POST /v1/${call}/{proxy+}`]),
        ...['', '/{proxy+}'].flatMap((more) => [
          `GET /v1/projects/{writeKey}/settings${more}`,
          ...['GET', 'HEAD', 'POST'].map((method) => `${method} /u/{token}${more}`),
          ...['GET', 'HEAD'].map((method) => `${method} /c/{token}${more}`),
        ]),
        'GET /v1/openapi.json',
      ].sort(),
    );
    const closed = routes().filter(({ AuthorizationType }) => AuthorizationType === 'JWT');
    expect(open.length + closed.length).toBe(routes().length);
    expect(propertiesOf('AWS::ApiGatewayV2::Authorizer')).toMatchObject([
      {
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: { Audience: [expect.anything()], Issuer: expect.anything() },
      },
    ]);
  });

  test.each(Object.entries(ROUTES))('leads every route that %s declares to it', (name, declared) => {
    const functionOf = new Map(
      ofLogicalId('AWS::ApiGatewayV2::Integration').map(([id, { IntegrationUri }]) => [
        id,
        JSON.stringify(IntegrationUri),
      ]),
    );
    const led = new Map(
      routes().map(({ RouteKey, Target }) => {
        const target = JSON.stringify(Target);
        const integration = [...functionOf.keys()].find((id) => target.includes(`"${id}"`)) ?? '';
        return [String(RouteKey), functionOf.get(integration)];
      }),
    );
    const logical = ofLogicalId('AWS::Lambda::Function').find(([, one]) => one.FunctionName === `cairn-${name}`)?.[0];
    for (const { method, path } of declared) {
      const greedy = path.replace(/\{\w+\+\}.*$/, '{proxy+}');
      const uri = led.get(`${method} ${greedy}`) ?? led.get(`${method} /v1/{proxy+}`);
      expect([method, path, uri?.includes(`"${logical}"`)]).toEqual([method, path, true]);
    }
  });

  test('is throttled, and logs who asked for which route, and nothing of the customer', () => {
    const [stage] = propertiesOf('AWS::ApiGatewayV2::Stage');
    expect(stage).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 5_000, ThrottlingBurstLimit: 2_500 },
    });
    // No addresses, no bodies, no tokens; but enough to see why a request was refused before it reached a function.
    const { Format } = (stage as unknown as { AccessLogSettings: { Format: string } }).AccessLogSettings;
    expect(Object.values(JSON.parse(Format) as object)).toEqual([
      '$context.requestTime',
      '$context.requestId',
      '$context.routeKey',
      '$context.status',
      '$context.responseLatency',
      '$context.error.message',
      '$context.authorizer.error',
      '$context.integrationErrorMessage',
    ]);
  });

  test('lets web pages of any origin in, with what they have to send and may read', () => {
    expect(propertiesOf('AWS::ApiGatewayV2::Api')).toMatchObject([
      {
        CorsConfiguration: {
          AllowOrigins: ['*'],
          AllowMethods: ['*'],
          AllowHeaders: expect.arrayContaining([
            ...['authorization', 'content-type', 'idempotency-key', 'if-match'],
            // Segment's browser SDK at a retry; RudderStack's always, and at a retry.
            ...['x-retry-count', 'anonymousid', 'sentat', 'rsa-recovered', 'rsa-retry-attempt', 'rsa-retry-reason'],
            ...['rsa-since-first-attempt', 'rsa-since-last-attempt'],
          ]),
          ExposeHeaders: expect.arrayContaining(['etag', 'retry-after']),
        },
      },
    ]);
  });
});

describe('alarms', () => {
  const alarm = (name: string) => propertiesOf('AWS::CloudWatch::Alarm').find(({ AlarmName }) => AlarmName === name);
  /** Log group, pattern, and the value of what it does not match, of all filters that make this metric. */
  const filters = (metric: string) =>
    propertiesOf('AWS::Logs::MetricFilter').flatMap(({ LogGroupName, FilterPattern, MetricTransformations }) =>
      (MetricTransformations as unknown as { MetricName: string; DefaultValue?: number }[]).flatMap(
        ({ MetricName, DefaultValue }) => (MetricName === metric ? [[LogGroupName, FilterPattern, DefaultValue]] : []),
      ),
    );

  test.each(['advance-run', 'register-task-token'])(
    'of %s count failures, without the errors by which a run leaves it',
    (name) => {
      const metrics = alarm(`cairn-${name}-errors`)?.Metrics as unknown as {
        Expression?: string;
        MetricStat?: { Metric: { MetricName: string; Dimensions?: { Value: unknown }[] } };
      }[];
      expect(metrics.flatMap(({ Expression }) => Expression ?? []).sort()).toEqual([
        'IF(failed >= 5 AND failed > 0.05 * invoked, failed, 0)',
        'errors - FILL(left, 0)',
      ]);
      // Each metric is of one function: a function that is never invoked has no metrics, and a sum over several would then have none either.
      const measured = metrics.flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
      expect(measured.map(({ MetricName }) => MetricName).sort()).toEqual([
        'Errors',
        'Invocations',
        `TasksEndedAsExpected-${name}`,
      ]);
      expect(filters(`TasksEndedAsExpected-${name}`)).toEqual([
        [`/cairn/cairn-${name}`, '{ $.message = "task ended by an expected error" }', 0],
      ]);
    },
  );

  test('wake somebody when a run’s execution is lost', () => {
    expect(alarm('cairn-lost-executions')).toMatchObject({
      MetricName: 'RunsParked',
      Namespace: 'Cairn/cairn',
      Threshold: 0,
    });
    expect(filters('RunsParked')).toEqual(
      ['handle-failed-execution', 'recover-lost-runs'].map((name) => [
        `/cairn/cairn-${name}`,
        '{ $.message = "run parked: its execution was lost" }',
        undefined,
      ]),
    );
  });

  test('wake somebody when providers refuse whatever they are handed', () => {
    expect(alarm('cairn-provider-refusals')).toMatchObject({
      MetricName: 'ProviderRefusals',
      Namespace: 'Cairn/cairn',
      Period: 3600,
      Threshold: 4,
    });
    expect(filters('ProviderRefusals')).toEqual(
      ['send-email', 'send-sms', 'send-push', 'send-webhook'].map((name) => [
        `/cairn/cairn-${name}`,
        '{ $.message = "the provider refused a request" }',
        undefined,
      ]),
    );
  });

  test('wake somebody when nothing comes in, is taken or falls due: that makes no dead letters', () => {
    const api = ofLogicalId('AWS::ApiGatewayV2::Api')[0]?.[0];
    expect(alarm('cairn-api-errors')).toMatchObject({
      Namespace: 'AWS/ApiGateway',
      MetricName: '5xx',
      Dimensions: [{ Name: 'ApiId', Value: { 'Fn::ImportValue': expect.stringContaining(String(api)) } }],
    });
    expect(alarm('cairn-events-age')).toMatchObject({
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::ImportValue': expect.stringContaining('EventsQueue') } }],
      Threshold: 900,
    });
    const throttles = alarm('cairn-lambda-throttles');
    expect(throttles).toMatchObject({ Namespace: 'AWS/Lambda', MetricName: 'Throttles' });
    expect(throttles).not.toHaveProperty('Dimensions');
    const silent = alarm('cairn-dispatch-due-silent');
    expect(silent).toMatchObject({ ComparisonOperator: 'LessThanThreshold', TreatMissingData: 'breaching' });
    expect(silent?.Metrics).toContainEqual(expect.objectContaining({ Expression: 'invoked - errors' }));
    expect(JSON.stringify(silent?.Metrics).match(/cairn-[\w-]+/g)).toEqual([
      'cairn-dispatch-due',
      'cairn-dispatch-due',
    ]);
  });

  test('wake somebody when Lambda stops a chain of invocations', () => {
    const stopped = propertiesOf('AWS::CloudWatch::Alarm').filter(
      ({ MetricName }) => MetricName === 'RecursiveInvocationsDropped',
    );
    const functions = stopped.flatMap(({ Dimensions }) =>
      (Dimensions as unknown as { Value: string }[]).map(({ Value }) => Value),
    );
    expect(functions.toSorted()).toEqual(['cairn-process-events', 'cairn-start-run', 'cairn-stop-executions']);
  });

  test('wake somebody before SES stops the account', () => {
    const rates = ['bounce', 'complaint'].map((kind) => alarm(`cairn-${kind}-rate`));
    expect(rates.map((rate) => [rate?.Namespace, rate?.MetricName, rate?.Threshold])).toEqual([
      ['AWS/SES', 'Reputation.BounceRate', 0.05],
      ['AWS/SES', 'Reputation.ComplaintRate', 0.001],
    ]);
  });

  test('and the dashboard shows what record-metrics reports of ingestion', () => {
    const [dashboard] = propertiesOf('AWS::CloudWatch::Dashboard').map((one) => JSON.stringify(one.DashboardBody));
    const record = propertiesOf('AWS::Lambda::Function').find((one) => one.FunctionName === 'cairn-record-metrics');
    const environment = record?.Environment as unknown as { Variables: Record<string, string> } | undefined;
    for (const metric of INGESTION_METRICS)
      expect(dashboard).toContain(
        JSON.stringify(`"${environment?.Variables.METRICS_NAMESPACE}","${metric}"`).slice(1, -1),
      );
  });

  test('each notify the topic', () => {
    for (const { AlarmName, AlarmActions } of propertiesOf('AWS::CloudWatch::Alarm'))
      expect([AlarmName, AlarmActions]).toEqual([AlarmName, [{ Ref: expect.stringMatching(/^Alarms/) }]]);
  });
});

describe('configuration', () => {
  const own = {
    prefix: 'acme',
    issuer: 'https://login.acme.example/',
    audience: 'marketing',
    publicUrl: 'https://links.acme.example',
    emailFrom: 'Acme, Inc. <hi@acme.example>',
    smsOriginationIdentity: 'pool-1',
    pinpointApplicationId: 'app-1',
  };
  let acme: Resources;
  beforeAll(async () => {
    acme = await synthesised(own);
  }, 60_000);

  test('names everything by the prefix', () => {
    const names = Object.values(acme).map(({ Properties: { QueueName, TableName, FunctionName, TopicName } = {} }) =>
      [QueueName, TableName, FunctionName, TopicName].find((name) => typeof name === 'string'),
    );
    for (const name of names) expect(name ?? 'acme-').toMatch(/^acme-/);
  });

  test('sets who sends, and where links lead', () => {
    for (const [name, value] of [
      // A bare comma would end the address.
      ['send-email', '"Acme, Inc." <hi@acme.example>'],
      ['send-sms', own.smsOriginationIdentity],
      ['send-push', own.pinpointApplicationId],
    ]) {
      const fn = Object.values(acme).find(({ Properties }) => Properties?.FunctionName === `acme-${name}`);
      const variables = Object.values(
        (fn?.Properties?.Environment as { Variables?: object } | undefined)?.Variables ?? {},
      );
      expect(variables).toEqual(expect.arrayContaining([value, own.publicUrl]));
    }
  });

  test('takes the tokens of another issuer where one is named', () => {
    expect(ofType(acme, 'AWS::Cognito::UserPool')).toEqual([]);
    expect(ofType(acme, 'AWS::ApiGatewayV2::Authorizer')).toMatchObject([
      { Properties: { JwtConfiguration: { Issuer: own.issuer, Audience: [own.audience] } } },
    ]);
  });

  test('names the identities that may be sent from, and no others', () => {
    const sending = (resources: Resources, action: string) =>
      ofType(resources, 'AWS::IAM::Policy')
        .flatMap(
          ({ Properties }) =>
            (Properties?.PolicyDocument as unknown as { Statement: Statement[] } | undefined)?.Statement ?? [],
        )
        .filter(({ Action }) => Action === action)
        .flatMap(({ Resource }) => Resource)
        .sort();
    const ses = 'arn:aws:ses:eu-west-1:111122223333:';
    const voice = 'arn:aws:sms-voice:eu-west-1:111122223333:';
    expect(sending(acme, 'ses:SendEmail')).toEqual([
      `${ses}configuration-set/acme`,
      `${ses}identity/*`,
      `${ses}identity/acme.example`,
      `${ses}identity/hi@acme.example`,
    ]);
    // If the recipient is an identity of the account, as in the sandbox, SES checks that one too.
    const open = Object.values(acme)
      .flatMap(
        ({ Properties }) =>
          (Properties?.PolicyDocument as unknown as { Statement?: Statement[] } | undefined)?.Statement ?? [],
      )
      .filter(({ Resource }) => JSON.stringify(Resource ?? '').includes('identity/*'));
    expect(open).toMatchObject([
      { Action: 'ses:SendEmail', Condition: { StringEquals: { 'ses:FromAddress': 'hi@acme.example' } } },
    ]);
    expect(sending(acme, 'sms-voice:SendTextMessage')).toEqual([
      `${voice}configuration-set/acme`,
      `${voice}pool/pool-1`,
    ]);
    expect(sending(all, 'sms-voice:SendTextMessage')).toContain(`${voice}sender-id/Cairn/*`);
  });

  test('without a channel has none of its resources, and its sender says so', async () => {
    const pushOnly = await synthesised({ channels: ['push'] });
    const types = new Set(Object.values(pushOnly).map(({ Type }) => Type));
    for (const type of types) expect(type).not.toMatch(/^AWS::(SES|SMSVOICE)::/);
    const text = JSON.stringify(pushOnly);
    for (const gone of ['ses:SendEmail', 'sms-voice', 'ses.amazonaws.com']) expect(text).not.toContain(gone);
    const { Properties } = ofType(pushOnly, 'AWS::Lambda::Function').find(
      (one) => one.Properties?.FunctionName === 'cairn-send-email',
    ) as Resource;
    expect(Properties?.Environment).toMatchObject({ Variables: { CHANNELS: 'push' } });
  }, 60_000);

  test('bounds what one queue may take of the account’s concurrent executions, and the API’s requests', async () => {
    const limited = await synthesised({ limits: { queueConcurrency: 3, requestsPerSecond: 50, requestBurst: 20 } });
    const most = ofType(limited, 'AWS::Lambda::EventSourceMapping').map(
      ({ Properties }) =>
        (Properties?.ScalingConfig as { MaximumConcurrency?: number } | undefined)?.MaximumConcurrency,
    );
    expect(most.length).toBeGreaterThan(10);
    // A limit that is already lower stays.
    expect(new Set(most)).toEqual(new Set([2, 3]));
    expect(ofType(limited, 'AWS::ApiGatewayV2::Stage')).toMatchObject([
      { Properties: { DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 20 } } },
    ]);
  }, 60_000);

  test('sets how much is logged and how long it is kept, and traces functions and journeys', async () => {
    const observed = await synthesised({
      logs: { level: 'debug', systemLevel: 'warn', retentionDays: 400 },
      tracing: true,
    });
    const functions = ofType(observed, 'AWS::Lambda::Function').filter(({ Properties }) => Properties?.FunctionName);
    expect(functions).toHaveLength(functionNames().length);
    for (const { Properties } of functions)
      expect(Properties).toMatchObject({
        LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'DEBUG', SystemLogLevel: 'WARN' },
        TracingConfig: { Mode: 'Active' },
      });
    for (const { Properties } of ofType(observed, 'AWS::Logs::LogGroup')) expect(Properties?.RetentionInDays).toBe(400);

    // Each function's role, and that of the journeys' machines, which `lifecycle-api` makes traced.
    const tracers = ofType(observed, 'AWS::IAM::Policy').filter((policy) => JSON.stringify(policy).includes('xray:'));
    expect(tracers).toHaveLength(functions.length + 1);
    const lifecycle = functions.find(({ Properties }) => Properties?.FunctionName === ('cairn-lifecycle-api' as never));
    expect(lifecycle?.Properties?.Environment).toMatchObject({ Variables: { TRACING: 'true' } });
  }, 60_000);

  test('names no partition: the same in China', async () => {
    const outdir = await mkdtemp(join(tmpdir(), 'cairn-'));
    folders.push(outdir);
    const app = new App({ outdir, context: FLAGS });
    const given = { channels: [], issuer: 'https://login.shop.example', audience: 'cairn' };
    cairn(app, '111122223333', parseConfig(given, { stage: 'cn', region: 'cn-north-1', emulator: false }));
    app.synth();
    for (const file of readdirSync(outdir).filter((name) => /^[A-Z]\w+\.template\.json$/.test(name))) {
      const text = readFileSync(join(outdir, file), 'utf8');
      expect(text).not.toContain('arn:aws:');
      expect(
        text.replaceAll(/"Service":"[a-z-]+\.amazonaws\.com"/g, '').replaceAll(/"[a-z-]+\.amazonaws\.com"/g, ''),
      ).not.toMatch(/amazonaws\.com(?!\.cn)/);
    }
  }, 60_000);

  test('`emulator` leaves out what it says and nothing else', async () => {
    const emulated = await synthesised({}, true);
    const gone = Object.keys(all).filter((id) => !(id in emulated));
    const types = new Set(gone.map((id) => all[id]?.Type));
    expect([...types].sort()).toEqual(['AWS::CloudWatch::Alarm', 'AWS::SMSVOICE::ConfigurationSet']);
    expect(Object.keys(EXCLUDED_FROM_EMULATOR)).toHaveLength(2);
  }, 60_000);
});
