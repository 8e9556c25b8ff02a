import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../../lib/routes.ts';
import { ofLogicalId, propertiesOf, synthesiseOnce } from './synthesis.ts';

synthesiseOnce();

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
