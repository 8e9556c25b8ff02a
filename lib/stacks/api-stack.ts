import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { CfnStage, CorsHttpMethod, HttpApi, HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { CfnUserPoolGroup, UserPool } from 'aws-cdk-lib/aws-cognito';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { CHANNELS } from '../../core/channels.ts';
import { EnvSchema as ApiEnv } from '../../functions/api/env.ts';
import { EnvSchema as IngestEnv } from '../../functions/ingest/env.ts';
import { EnvSchema as LinksEnv } from '../../functions/links/env.ts';
import { EnvSchema as MjmlEnv } from '../../functions/mjml/env.ts';
import type { Config } from '../config.ts';
import { CairnFunction, seconds } from '../constructs/cairn-function.ts';
import { READ, READ_WRITE } from '../constructs/table-access.ts';
import type { DataStack } from './data-stack.ts';
import { type EngineStack, MADE_AT_RUN_TIME, POINTER_MAX_AGE_MS } from './engine-stack.ts';

/** Segment's six calls and batch, with their short paths. */
const INGESTION = ['identify', 'track', 'page', 'screen', 'group', 'alias', 'batch', 'i', 't', 'p', 's', 'g', 'a', 'b'];
const ROLES = ['viewer', 'marketer', 'approver', 'admin'];

/** What the world talks to: ingestion, the marketers' API, links. */
export class ApiStack extends Stack {
  readonly publicUrl: string;
  readonly httpApi: HttpApi;

  constructor(
    scope: Construct,
    id: string,
    props: StackProps & { config: Config; data: DataStack; engine: EngineStack },
  ) {
    super(scope, id, props);
    const { data, engine, config } = props;
    const { prefix } = config;
    this.httpApi = new HttpApi(this, 'HttpApi', {
      apiName: prefix,
      description: 'Cairn: ingestion, the marketers’ API, links',
      corsPreflight: {
        allowOrigins: ['*'],
        allowMethods: [CorsHttpMethod.ANY],
        allowHeaders: [
          'authorization',
          'content-type',
          'content-encoding',
          'idempotency-key',
          'if-match',
          'if-none-match',
        ],
        exposeHeaders: ['etag', 'retry-after'],
        maxAge: Duration.hours(24),
      },
    });
    this.publicUrl = config.publicUrl ?? this.httpApi.apiEndpoint;
    this.limit(config);

    const ingest = new CairnFunction(this, 'Ingest', {
      name: 'ingest',
      prefix,
      schema: IngestEnv,
      description: 'Segment’s HTTP tracking API',
      timeout: seconds(29),
      memorySize: 1024,
      environment: { CATALOG_TABLE: data.catalog.name, POINTER_MAX_AGE_MS, EVENTS_QUEUE_URL: engine.events.url },
    })
      .allow(['dynamodb:GetItem'], [data.catalog.arn])
      // Of the definitions and keys that lie there it writes none.
      .allowPut(data.catalog.arn, 'event-names')
      .allow(['sqs:SendMessage'], [engine.events.queue.queueArn]);
    const ingestion = new HttpLambdaIntegration('IngestIntegration', ingest.fn);
    for (const call of INGESTION)
      this.open({ path: `/v1/${call}`, methods: [HttpMethod.POST], integration: ingestion });

    const links = new CairnFunction(this, 'Links', {
      name: 'links',
      prefix,
      schema: LinksEnv,
      description: 'Preference page, one-click unsubscribe, counted links',
      timeout: seconds(29),
      environment: {
        CATALOG_TABLE: data.catalog.name,
        POINTER_MAX_AGE_MS,
        PROFILES_TABLE: data.profiles.name,
        MESSAGES_TABLE: data.messages.name,
        EVENTS_QUEUE_URL: engine.events.url,
        FACTS_QUEUE_URL: engine.facts.url,
        LINK_SECRET_ARN: data.linkSecret.secretArn,
      },
    })
      .allow(READ, [data.catalog.arn])
      .allow(READ_WRITE, [data.profiles.arn, data.messages.arn])
      .allow(['secretsmanager:GetSecretValue'], [data.linkSecret.secretArn])
      .allow(['sqs:SendMessage'], [engine.events.queue.queueArn, engine.facts.queue.queueArn]);
    const linking = new HttpLambdaIntegration('LinksIntegration', links.fn);
    this.open({ path: '/u/{token}', methods: [HttpMethod.GET, HttpMethod.POST], integration: linking });
    this.open({ path: '/c/{token}', methods: [HttpMethod.GET], integration: linking });

    const mjml = new CairnFunction(this, 'Mjml', {
      name: 'mjml',
      prefix,
      schema: MjmlEnv,
      description: 'Compiles MJML when a template is defined',
      timeout: seconds(25),
      memorySize: 1024,
      environment: {},
    });
    const api = this.marketersApi(props, mjml);
    const api$ = new HttpLambdaIntegration('ApiIntegration', api.fn);
    this.httpApi.addRoutes({
      path: '/v1/{proxy+}',
      methods: [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE],
      integration: api$,
      authorizer: this.authorizer(config),
    });
    this.open({ path: '/v1/openapi.json', methods: [HttpMethod.GET], integration: api$ });
    // Answers 404 as a problem.
    this.acknowledgeOpen(
      new HttpRoute(this, 'Default', { httpApi: this.httpApi, routeKey: HttpRouteKey.DEFAULT, integration: api$ }),
    );
    new CfnOutput(this, 'Url', { value: this.httpApi.apiEndpoint });
    new CfnOutput(this, 'ApiId', { value: this.httpApi.apiId });
  }

  /** A route that anybody may call: it checks a write key or a signed token itself. */
  private open(route: Parameters<HttpApi['addRoutes']>[0]): void {
    for (const opened of this.httpApi.addRoutes(route)) this.acknowledgeOpen(opened);
  }

  private acknowledgeOpen(route: Construct): void {
    Validations.of(route).acknowledge({
      id: 'AwsSolutions::AwsSolutions-APIG4',
      reason:
        'Callers have no token: the function checks a write key or a signed link itself; the others answer 404 or the public document.',
    });
  }

  private marketersApi(
    { data, engine, config }: { data: DataStack; engine: EngineStack; config: Config },
    mjml: CairnFunction<typeof MjmlEnv>,
  ): CairnFunction<typeof ApiEnv> {
    const { prefix } = config;
    const send = CHANNELS.map((channel) => engine.senders[channel].now);
    const api = new CairnFunction(this, 'Api', {
      name: 'api',
      prefix,
      schema: ApiEnv,
      description: 'The marketers’ API',
      timeout: seconds(29),
      memorySize: 1024,
      environment: {
        CATALOG_TABLE: data.catalog.name,
        PROFILES_TABLE: data.profiles.name,
        RUNS_TABLE: data.runs.name,
        MESSAGES_TABLE: data.messages.name,
        METRICS_TABLE: data.metrics.name,
        EVENTS_QUEUE_URL: engine.events.url,
        DUE_QUEUE_URL: engine.due.url,
        ENROLMENTS_QUEUE_URL: engine.enrolments.url,
        TIDY_QUEUE_URL: engine.tidy.url,
        JOBS_QUEUE_URL: engine.jobs.url,
        FACTS_QUEUE_URL: engine.facts.url,
        SEND_EMAIL_NOW_QUEUE_URL: engine.senders.email.now.url,
        SEND_SMS_NOW_QUEUE_URL: engine.senders.sms.now.url,
        SEND_PUSH_NOW_QUEUE_URL: engine.senders.push.now.url,
        JOURNEYS_ROLE_ARN: engine.journeysRole.roleArn,
        STEP_FUNCTION_ARN: engine.step.fn.functionArn,
        ARM_FUNCTION_ARN: engine.arm.fn.functionArn,
        MACHINE_PREFIX: prefix,
        STATE_MACHINE_ARN_PREFIX: engine.machines.arnPrefix,
        MJML_FUNCTION_NAME: mjml.fn.functionName,
        ROLES_CLAIM: config.rolesClaim,
      },
    })
      .allow(READ_WRITE, [data.catalog.arn, data.profiles.arn, data.runs.arn, data.messages.arn])
      .allow(['dynamodb:DeleteItem'], [data.catalog.arn, data.profiles.arn])
      .allow(
        ['dynamodb:Query'],
        [
          data.catalog.index('kind'),
          data.profiles.index('membership'),
          ...['journey', 'profile'].map((name) => data.runs.index(name)),
          ...['source', 'profile', 'held'].map((name) => data.messages.index(name)),
        ],
      )
      .allow(READ, [data.metrics.arn])
      .allow(
        ['sqs:SendMessage'],
        [engine.events, engine.due, engine.enrolments, engine.tidy, engine.facts, engine.jobs, ...send].map(
          ({ queue }) => queue.queueArn,
        ),
      )
      .allow(['states:CreateStateMachine', 'states:UpdateStateMachine'], [engine.machines.ours], MADE_AT_RUN_TIME)
      .allow(['lambda:InvokeFunction'], [mjml.fn.functionArn]);
    api.role.addToPolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [engine.journeysRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'states.amazonaws.com' } },
      }),
    );
    return api;
  }

  /** The customer's own OIDC issuer, or a Cognito user pool with a group for each role. */
  private authorizer(config: Config): HttpJwtAuthorizer {
    if (config.issuer !== undefined) {
      return new HttpJwtAuthorizer('Jwt', config.issuer, { jwtAudience: [config.audience ?? config.prefix] });
    }
    const pool = new UserPool(this, 'Users', {
      userPoolName: `${config.prefix}-users`,
      selfSignUpEnabled: false,
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
      },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const groupName of ROLES)
      new CfnUserPoolGroup(this, `Role-${groupName}`, { userPoolId: pool.userPoolId, groupName });
    Validations.of(pool).acknowledge(
      {
        id: 'AwsSolutions::AwsSolutions-COG2',
        reason: 'Whether marketers need a second factor is the deploying team’s decision; most bring their own issuer.',
      },
      {
        id: 'AwsSolutions::AwsSolutions-COG3',
        reason: 'Threat protection is a paid tier that the deploying team chooses.',
      },
      { id: 'AwsSolutions::AwsSolutions-COG8', reason: 'The plus tier is a cost that the deploying team chooses.' },
    );
    const client = pool.addClient('Api', { authFlows: { userSrp: true, userPassword: true }, generateSecret: false });
    new CfnOutput(this, 'UserPoolId', { value: pool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: client.userPoolClientId });
    const issuer = `https://cognito-idp.${this.region}.${this.urlSuffix}/${pool.userPoolId}`;
    return new HttpJwtAuthorizer('Jwt', issuer, { jwtAudience: [client.userPoolClientId] });
  }

  /** Throttling and the access log of the default stage. */
  private limit(config: Config): void {
    const stage = this.httpApi.defaultStage?.node.defaultChild;
    if (!(stage instanceof CfnStage)) throw new Error('the HTTP API has no default stage');
    stage.defaultRouteSettings = { throttlingRateLimit: 5_000, throttlingBurstLimit: 2_500 };
    const log = new LogGroup(this, 'AccessLog', {
      logGroupName: `/cairn/${config.prefix}-access`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // No addresses, no bodies, no tokens.
    const format = {
      at: '$context.requestTime',
      route: '$context.routeKey',
      status: '$context.status',
      ms: '$context.responseLatency',
    };
    stage.accessLogSettings = { destinationArn: log.logGroupArn, format: JSON.stringify(format) };
  }
}
