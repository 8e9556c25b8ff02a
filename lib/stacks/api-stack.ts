import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { CfnStage, CorsHttpMethod, HttpApi, HttpMethod, HttpRoute, HttpRouteKey } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { CfnUserPoolGroup, UserPool } from 'aws-cdk-lib/aws-cognito';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type * as z from 'zod';
import { CHANNELS } from '../../core/channels.ts';
import { EnvSchema as ApiEnv } from '../../functions/admin-api/env.ts';
import { EnvSchema as MjmlEnv } from '../../functions/compile-mjml/env.ts';
import { EnvSchema as IngestEnv } from '../../functions/ingest/env.ts';
import { EnvSchema as LifecycleEnv } from '../../functions/lifecycle-api/env.ts';
import { EnvSchema as PeopleEnv } from '../../functions/profiles-api/env.ts';
import { EnvSchema as ImagineEnv } from '../../functions/run-simulation/env.ts';
import { EnvSchema as SimulateEnv } from '../../functions/simulation-api/env.ts';
import { EnvSchema as LinksEnv } from '../../functions/tracking-links/env.ts';
import type { RouteDeclaration } from '../../runtime/http/route.ts';
import type { Config } from '../config.ts';
import { CairnFunction, seconds } from '../constructs/cairn-function.ts';
import { CATALOG } from '../constructs/catalog-partitions.ts';
import { PUT, READ, READ_WRITE, READ_WRITE_DELETE } from '../constructs/table-access.ts';
import { INGESTION_PATHS, SETTINGS_PATH } from '../openapi/ingestion.ts';
import { ROUTES } from '../routes.ts';
import type { DataStack } from './data-stack.ts';
import { type EngineStack, MADE_AT_RUN_TIME, POINTER_MAX_AGE_MS } from './engine-stack.ts';

/** Beside `content-type`: what the browser SDKs of Segment (retries) and RudderStack (since its version 3) add to what they post. */
const HEADERS_OF_SDKS = [
  'x-retry-count',
  'anonymousid',
  'sentat',
  'rsa-recovered',
  'rsa-retry-attempt',
  'rsa-retry-reason',
  'rsa-since-first-attempt',
  'rsa-since-last-attempt',
];
/** Of the audit log. */
const PUT_AND_SETTLE = [...PUT, 'dynamodb:UpdateItem'];
const ROLES = ['viewer', 'marketer', 'approver', 'admin'];

/** One permission for all routes that lead to a function: its resource policy holds 20 KB. */
const OF_THE_API = { scopePermissionToRoute: false };

type Props = { config: Config; data: DataStack; engine: EngineStack };

/** What the world talks to: ingestion, the marketers' API, links. */
export class ApiStack extends Stack {
  readonly publicUrl: string;
  readonly httpApi: HttpApi;

  constructor(scope: Construct, id: string, props: StackProps & Props) {
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
          ...HEADERS_OF_SDKS,
        ],
        exposeHeaders: ['etag', 'retry-after'],
        maxAge: Duration.hours(24),
      },
    });
    // Exported whether somebody asks for it or not: an export that is in use cannot go when `publicUrl` is set later.
    this.exportValue(this.httpApi.apiEndpoint);
    this.publicUrl = config.publicUrl ?? this.httpApi.apiEndpoint;
    this.limit(config);

    const ingest = new CairnFunction(this, 'Ingest', {
      name: 'ingest',
      prefix,
      schema: IngestEnv,
      description: 'Segment’s HTTP tracking API',
      timeout: seconds(29),
      memorySize: 1024,
      environment: {
        CATALOG_TABLE: data.catalog.name,
        POINTER_MAX_AGE_MS,
        EVENTS_QUEUE_URL: engine.events.url,
        PUBLIC_URL: this.publicUrl,
      },
    })
      .allowItems(['dynamodb:GetItem'], data.catalog.arn, CATALOG.writeKey)
      .allowItems(PUT, data.catalog.arn, CATALOG.eventNames)
      .allow(['sqs:SendMessage'], [engine.events.queue.queueArn]);
    const ingestion = new HttpLambdaIntegration('IngestIntegration', ingest.fn, OF_THE_API);
    // A route cannot end with a slash; a greedy one takes what comes behind it, and the function refuses more than the slash.
    for (const { path } of INGESTION_PATHS)
      for (const route of [path, `${path}/{proxy+}`])
        this.open({ path: route, methods: [HttpMethod.POST], integration: ingestion });
    for (const path of [SETTINGS_PATH, `${SETTINGS_PATH}/{proxy+}`])
      this.open({ path, methods: [HttpMethod.GET], integration: ingestion });

    const links = new CairnFunction(this, 'Links', {
      name: 'tracking-links',
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
        METRIC_EVENTS_QUEUE_URL: engine.metricEvents.url,
        LINK_SECRET_ARN: data.linkSecret.secretArn,
      },
    })
      .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
      .allow(READ_WRITE, [data.profiles.arn, data.messages.arn])
      .allow(['secretsmanager:GetSecretValue'], [data.linkSecret.secretArn])
      .allow(['sqs:SendMessage'], [engine.events.queue.queueArn, engine.metricEvents.queue.queueArn]);
    const linking = new HttpLambdaIntegration('LinksIntegration', links.fn, OF_THE_API);
    for (const path of ['/u/{token}', '/u/{token}/{proxy+}'])
      this.open({ path, methods: [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST], integration: linking });
    for (const path of ['/c/{token}', '/c/{token}/{proxy+}'])
      this.open({ path, methods: [HttpMethod.GET, HttpMethod.HEAD], integration: linking });

    const mjml = new CairnFunction(this, 'Mjml', {
      name: 'compile-mjml',
      prefix,
      schema: MjmlEnv,
      description: 'Compiles MJML when a template is defined',
      timeout: seconds(25),
      memorySize: 1024,
      environment: {},
    });
    const imagine = new CairnFunction(this, 'Imagine', {
      name: 'run-simulation',
      prefix,
      schema: ImagineEnv,
      description: 'Walks a customer through a journey, for `simulation-api`',
      timeout: seconds(25),
      memorySize: 1024,
      environment: {},
    });
    const api = new HttpLambdaIntegration('ApiIntegration', this.administration(props, mjml).fn, OF_THE_API);
    const authorizer = this.authorizer(config);
    this.httpApi.addRoutes({
      path: '/v1/{proxy+}',
      methods: [HttpMethod.GET, HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE],
      integration: api,
      authorizer,
    });
    const others = {
      'lifecycle-api': this.lifecycle(props),
      'profiles-api': this.people(props),
      'simulation-api': this.simulation(props, imagine),
    };
    for (const [name, { fn }] of Object.entries(others)) {
      const integration = new HttpLambdaIntegration(`${name}Integration`, fn, OF_THE_API);
      for (const { path, methods } of gatewayRoutes(ROUTES[name as keyof typeof others]))
        this.httpApi.addRoutes({ path, methods, integration, authorizer });
    }
    this.open({ path: '/v1/openapi.json', methods: [HttpMethod.GET], integration: api });
    // Answers 404 as a problem.
    this.acknowledgeOpen(
      new HttpRoute(this, 'Default', { httpApi: this.httpApi, routeKey: HttpRouteKey.DEFAULT, integration: api }),
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

  private administration({ data, engine, config }: Props, mjml: CairnFunction<typeof MjmlEnv>) {
    return (
      this.marketers(config, {
        name: 'admin-api',
        schema: ApiEnv,
        description: 'The marketers’ API: definitions, settings, keys, reports',
        environment: {
          CATALOG_TABLE: data.catalog.name,
          METRICS_TABLE: data.metrics.name,
          JOBS_QUEUE_URL: engine.jobs.url,
          MJML_FUNCTION_NAME: mjml.fn.functionName,
          LINK_SECRET_ARN: data.linkSecret.secretArn,
          ROLES_CLAIM: config.rolesClaim,
        },
      })
        .allowItems(READ_WRITE_DELETE, data.catalog.arn, [
          ...CATALOG.rules,
          ...CATALOG.definitions,
          ...CATALOG.idempotency,
          ...CATALOG.writeKey,
          ...CATALOG.writeKeys,
        ])
        .allowItems(READ_WRITE, data.catalog.arn, [...CATALOG.coupons, ...CATALOG.jobs])
        // What is done is written down before, and what became of it after; nothing of it is deleted.
        .allowItems([...READ, ...PUT_AND_SETTLE], data.catalog.arn, CATALOG.audit)
        .allowItems(READ, data.catalog.arn, CATALOG.eventNames)
        .allowItems(READ_WRITE_DELETE, data.catalog.arn, CATALOG.secretIds)
        .allowBlindWrites(data.catalog.arn, CATALOG.secretValues)
        .allow(['dynamodb:Query'], [data.catalog.index('kind')])
        .allow(READ, [data.metrics.arn])
        .allow(['sqs:SendMessage'], [engine.jobs.queue.queueArn])
        .allow(['lambda:InvokeFunction'], [mjml.fn.functionArn])
        .allow(['secretsmanager:GetSecretValue'], [data.linkSecret.secretArn])
    );
  }

  private lifecycle({ data, engine, config }: Props) {
    const lifecycle = this.marketers(config, {
      name: 'lifecycle-api',
      schema: LifecycleEnv,
      description: 'The marketers’ API: journeys from draft to archived',
      environment: {
        CATALOG_TABLE: data.catalog.name,
        JOBS_QUEUE_URL: engine.jobs.url,
        JOURNEYS_ROLE_ARN: engine.journeysRole.roleArn,
        STEP_FUNCTION_ARN: engine.step.fn.functionArn,
        ARM_FUNCTION_ARN: engine.arm.fn.functionArn,
        MACHINE_PREFIX: config.prefix,
        STATE_MACHINE_ARN_PREFIX: engine.machines.arnPrefix,
        TRACING: String(config.tracing),
        ROLES_CLAIM: config.rolesClaim,
      },
    })
      .allowItems(READ_WRITE_DELETE, data.catalog.arn, [
        ...CATALOG.rules,
        ...CATALOG.definitions,
        ...CATALOG.idempotency,
      ])
      .allowItems(READ_WRITE, data.catalog.arn, CATALOG.jobs)
      .allowItems(PUT_AND_SETTLE, data.catalog.arn, CATALOG.audit)
      .allowItems(READ, data.catalog.arn, [...CATALOG.eventNames, ...CATALOG.secretIds])
      .allow(['sqs:SendMessage'], [engine.jobs.queue.queueArn])
      .allow(
        ['states:CreateStateMachine', 'states:UpdateStateMachine', 'states:TagResource'],
        [engine.machines.ours],
        MADE_AT_RUN_TIME,
      );
    lifecycle.role.addToPolicy(
      new PolicyStatement({
        actions: ['iam:PassRole'],
        resources: [engine.journeysRole.roleArn],
        conditions: { StringEquals: { 'iam:PassedToService': 'states.amazonaws.com' } },
      }),
    );
    return lifecycle;
  }

  private people({ data, engine, config }: Props) {
    const queues = [engine.events, engine.due, engine.enrolments, engine.stopExecutions, engine.metricEvents];
    const send = CHANNELS.map((channel) => engine.senders[channel].now);
    return this.marketers(config, {
      name: 'profiles-api',
      schema: PeopleEnv,
      description: 'The marketers’ API: customers, messages, runs, tasks, audiences',
      environment: {
        CATALOG_TABLE: data.catalog.name,
        PROFILES_TABLE: data.profiles.name,
        RUNS_TABLE: data.runs.name,
        MESSAGES_TABLE: data.messages.name,
        EVENTS_QUEUE_URL: engine.events.url,
        DUE_QUEUE_URL: engine.due.url,
        ENROLMENTS_QUEUE_URL: engine.enrolments.url,
        STOP_EXECUTIONS_QUEUE_URL: engine.stopExecutions.url,
        METRIC_EVENTS_QUEUE_URL: engine.metricEvents.url,
        SEND_EMAIL_NOW_QUEUE_URL: engine.senders.email.now.url,
        SEND_SMS_NOW_QUEUE_URL: engine.senders.sms.now.url,
        SEND_PUSH_NOW_QUEUE_URL: engine.senders.push.now.url,
        LINK_SECRET_ARN: data.linkSecret.secretArn,
        ROLES_CLAIM: config.rolesClaim,
      },
    })
      .allowItems(READ_WRITE_DELETE, data.catalog.arn, CATALOG.idempotency)
      .allowItems(READ_WRITE, data.catalog.arn, [...CATALOG.coupons, ...CATALOG.jobs, ...CATALOG.tasks])
      .allowItems(READ, data.catalog.arn, [...CATALOG.rules, ...CATALOG.definitions])
      .allowItems(PUT_AND_SETTLE, data.catalog.arn, CATALOG.audit)
      .allow(READ_WRITE, [data.profiles.arn, data.runs.arn, data.messages.arn])
      .allow(['dynamodb:DeleteItem'], [data.profiles.arn])
      .allow(['dynamodb:BatchWriteItem'], [data.profiles.arn])
      .allow(['states:SendTaskSuccess'], [engine.machines.ours], MADE_AT_RUN_TIME)
      .allow(
        ['dynamodb:Query'],
        [
          data.profiles.index('membership'),
          ...['journey', 'profile'].map((name) => data.runs.index(name)),
          ...['source', 'profile', 'day'].map((name) => data.messages.index(name)),
        ],
      )
      .allow(['secretsmanager:GetSecretValue'], [data.linkSecret.secretArn])
      .allow(
        ['sqs:SendMessage'],
        [...queues, ...send].map(({ queue }) => queue.queueArn),
      );
  }

  private simulation({ data, config }: Props, imagine: CairnFunction<typeof ImagineEnv>) {
    return (
      this.marketers(config, {
        name: 'simulation-api',
        schema: SimulateEnv,
        description: 'The marketers’ API: what would happen, what would be sent; reads only',
        environment: {
          CATALOG_TABLE: data.catalog.name,
          PROFILES_TABLE: data.profiles.name,
          RUNS_TABLE: data.runs.name,
          IMAGINE_FUNCTION_NAME: imagine.fn.functionName,
          ROLES_CLAIM: config.rolesClaim,
        },
      })
        .allow(READ, [data.profiles.arn, data.runs.arn])
        .allowItems(READ, data.catalog.arn, [
          ...CATALOG.rules,
          ...CATALOG.definitions,
          ...CATALOG.coupons,
          ...CATALOG.eventNames,
          ...CATALOG.secretIds,
        ])
        .allow(['lambda:InvokeFunction'], [imagine.fn.functionArn])
        // Who was refused.
        .allowItems(PUT_AND_SETTLE, data.catalog.arn, CATALOG.audit)
    );
  }

  /** A function that answers marketers: within API Gateway's half minute, with a whole vCPU's share for what they wait for. */
  private marketers<Schema extends z.ZodObject>(
    { prefix }: Config,
    props: Pick<
      ConstructorParameters<typeof CairnFunction<Schema>>[2],
      'name' | 'schema' | 'description' | 'environment'
    >,
  ): CairnFunction<Schema> {
    const id = props.name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
    return new CairnFunction(this, id, { ...props, prefix, timeout: seconds(29), memorySize: 1024 });
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
      deletionProtection: true,
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
    const client = pool.addClient('Api', {
      authFlows: { userSrp: true, userPassword: true },
      generateSecret: false,
      // People sign in through the API: no hosted pages, no implicit grant to example.com.
      disableOAuth: true,
    });
    new CfnOutput(this, 'UserPoolId', { value: pool.userPoolId });
    new CfnOutput(this, 'UserPoolClientId', { value: client.userPoolClientId });
    const issuer = `https://cognito-idp.${this.region}.${this.urlSuffix}/${pool.userPoolId}`;
    return new HttpJwtAuthorizer('Jwt', issuer, { jwtAudience: [client.userPoolClientId] });
  }

  /** Throttling and the access log of the default stage. */
  private limit({ prefix, limits }: Config): void {
    const stage = this.httpApi.defaultStage?.node.defaultChild;
    if (!(stage instanceof CfnStage)) throw new Error('the HTTP API has no default stage');
    stage.defaultRouteSettings = {
      throttlingRateLimit: limits.requestsPerSecond,
      throttlingBurstLimit: limits.requestBurst,
    };
    const log = new LogGroup(this, 'AccessLog', {
      logGroupName: `/cairn/${prefix}-access`,
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // No addresses, no bodies, no tokens.
    const format = {
      at: '$context.requestTime',
      requestId: '$context.requestId',
      route: '$context.routeKey',
      status: '$context.status',
      ms: '$context.responseLatency',
      error: '$context.error.message',
      authorizer: '$context.authorizer.error',
      integration: '$context.integrationErrorMessage',
    };
    stage.accessLogSettings = { destinationArn: log.logGroupArn, format: JSON.stringify(format) };
  }
}

/** API Gateway's routes to what a function declares: there, what may hold slashes stands last. */
function gatewayRoutes(declared: readonly RouteDeclaration[]): { path: string; methods: HttpMethod[] }[] {
  const routes = new Map<string, Set<HttpMethod>>();
  for (const { method, path } of declared) {
    const known = path.replace(/\{\w+\+\}.*$/, '{proxy+}');
    routes.set(known, (routes.get(known) ?? new Set()).add(HttpMethod[method]));
  }
  return [...routes].map(([path, methods]) => ({ path, methods: [...methods] }));
}
