import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  type AddRoutesOptions,
  CfnStage,
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { RouteDeclaration } from '../../../runtime/http/route.ts';
import type { Config } from '../../config.ts';

/** Headers beside `content-type` that the browser SDKs of Segment (retries) and RudderStack (since version 3) send. */
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
const CORS = {
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
};
/** No addresses, no bodies, no tokens. */
const ACCESS_LOG_FORMAT = {
  at: '$context.requestTime',
  requestId: '$context.requestId',
  route: '$context.routeKey',
  status: '$context.status',
  ms: '$context.responseLatency',
  error: '$context.error.message',
  authorizer: '$context.authorizer.error',
  integration: '$context.integrationErrorMessage',
};

/** The one HTTP API: CORS, throttling, an access log, and routes to functions. */
export class CairnHttpApi extends HttpApi {
  constructor(scope: Construct, id: string, { prefix, limits }: Pick<Config, 'prefix' | 'limits'>) {
    super(scope, id, {
      apiName: prefix,
      description: 'Cairn: ingestion, the marketers’ API, links',
      corsPreflight: CORS,
    });
    const stage = this.defaultStage?.node.defaultChild;
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
    stage.accessLogSettings = { destinationArn: log.logGroupArn, format: JSON.stringify(ACCESS_LOG_FORMAT) };
  }

  /** A route that anybody may call: its function checks a write key or a signed token itself. */
  addOpenRoute(route: AddRoutesOptions): void {
    for (const opened of this.addRoutes(route)) acknowledgeOpen(opened);
  }

  /** Catches requests that no other route takes. */
  addDefaultRoute(integration: HttpLambdaIntegration): void {
    acknowledgeOpen(
      new HttpRoute(this, 'DefaultRoute', { httpApi: this, routeKey: HttpRouteKey.DEFAULT, integration }),
    );
  }

  /** Leads the routes that a function declares to it; callers show a token. */
  addDeclaredRoutes(
    declared: readonly RouteDeclaration[],
    integration: HttpLambdaIntegration,
    authorizer: IHttpRouteAuthorizer,
  ): void {
    for (const { path, methods } of gatewayRoutes(declared)) this.addRoutes({ path, methods, integration, authorizer });
  }
}

/** With one permission for all routes that lead to the function: its resource policy holds 20 KB. */
export const integrationOf = (id: string, fn: IFunction): HttpLambdaIntegration =>
  new HttpLambdaIntegration(`${id}Integration`, fn, { scopePermissionToRoute: false });

function acknowledgeOpen(route: Construct): void {
  Validations.of(route).acknowledge({
    id: 'AwsSolutions::AwsSolutions-APIG4',
    reason:
      'Callers have no token: the function checks a write key or a signed link itself; the others answer 404 or the public document.',
  });
}

/** Returns API Gateway's routes for a function's routes; there, a parameter with slashes must come last. */
function gatewayRoutes(declared: readonly RouteDeclaration[]): { path: string; methods: HttpMethod[] }[] {
  const routes = new Map<string, Set<HttpMethod>>();
  for (const { method, path } of declared) {
    const known = path.replace(/\{\w+\+\}.*$/, '{proxy+}');
    routes.set(known, (routes.get(known) ?? new Set()).add(HttpMethod[method]));
  }
  return [...routes].map(([path, methods]) => ({ path, methods: [...methods] }));
}
