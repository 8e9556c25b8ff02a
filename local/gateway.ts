import { isUtf8 } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { answer, readBody } from './http.ts';
import type { Issuer } from './issuer.ts';
import type { Lambdas } from './lambdas.ts';
import type { Json, Template } from './template.ts';

interface Route {
  method: string;
  /** Undefined: `$default`. */
  segments: string[] | undefined;
  key: string;
  functionArn: string;
  isAuthorized: boolean;
}
interface Cors {
  AllowOrigins?: string[];
  AllowMethods?: string[];
  AllowHeaders?: string[];
  ExposeHeaders?: string[];
  MaxAge?: number;
}

/** API Gateway takes 10 MB. */
const MAX_BYTES = 10 * 1024 * 1024;

/** Lambda's limit for an answer: 6 MB of JSON. */
const MAX_ANSWER_BYTES = 6 * 1024 * 1024;

/** The templates' HTTP API: routes, JWT authorizer, CORS, payload format 2.0. */
export function gateway(template: Template, lambdas: Lambdas, issuer: Issuer, now: () => number) {
  const routes = readRoutes(template);
  const cors = (template.of('AWS::ApiGatewayV2::Api')[0]?.properties.CorsConfiguration ?? {}) as Cors;

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = targetOf(request.url ?? '/');
    const method = request.method ?? 'GET';
    const open = request.headers.origin === undefined ? {} : corsHeaders(cors);
    if (method === 'OPTIONS') return answer(response, 204, '', { ...corsHeaders(cors), ...preflight(cors) });
    const found = match(routes, method, target.path);
    if (found === undefined) return answer(response, 404, { message: 'Not Found' }, open);
    const claims = found.route.isAuthorized ? await issuer.verify(request.headers.authorization) : {};
    if (claims === undefined)
      return answer(response, 401, { message: 'Unauthorized' }, { ...open, 'www-authenticate': 'Bearer' });
    const body = await readBody(request);
    if (body.length > MAX_BYTES) return answer(response, 413, { message: 'Request Entity Too Large' }, open);
    const event = eventOf(request, {
      target,
      found,
      claims: found.route.isAuthorized ? claims : undefined,
      body,
      now: now(),
    });
    let result: APIGatewayProxyStructuredResultV2;
    try {
      result = (await lambdas.invokeArn(found.route.functionArn, event)) as APIGatewayProxyStructuredResultV2;
      if (Buffer.byteLength(JSON.stringify(result)) > MAX_ANSWER_BYTES) throw new Error('the answer is over 6 MB');
    } catch (error) {
      console.error(`${found.route.key}:`, error);
      return answer(response, 500, { message: 'Internal Server Error' }, open);
    }
    const headers = Object.fromEntries(
      Object.entries(result.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    const bytes = Buffer.from(result.body ?? '', result.isBase64Encoded ? 'base64' : 'utf8');
    response.writeHead(result.statusCode ?? 200, { ...open, ...headers });
    response.end(bytes);
  };
}

interface Target {
  path: string;
  query: string;
}

/** Path and query as they were sent: a URL parser would refuse `//` and resolve `..`. */
function targetOf(sent: string): Target {
  const [path = '', ...query] = sent.replace(/#.*$/, '').split('?');
  return { path, query: query.join('?') };
}

/** Returns an invalid encoding unchanged. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function corsHeaders(cors: Cors): Record<string, string> {
  return {
    'access-control-allow-origin': cors.AllowOrigins?.[0] ?? '*',
    ...(cors.ExposeHeaders ? { 'access-control-expose-headers': cors.ExposeHeaders.join(',') } : {}),
  };
}

const preflight = (cors: Cors): Record<string, string> => ({
  'access-control-allow-methods': (cors.AllowMethods ?? ['*']).join(','),
  'access-control-allow-headers': (cors.AllowHeaders ?? ['*']).join(','),
  'access-control-max-age': String(cors.MaxAge ?? 0),
});

function readRoutes(template: Template): Route[] {
  const integrations = new Map(
    template.of('AWS::ApiGatewayV2::Integration').map(({ id, properties }) => [id, String(properties.IntegrationUri)]),
  );
  return template.of('AWS::ApiGatewayV2::Route').map(({ properties }) => {
    const key = String(properties.RouteKey);
    const [method = '', path] = key.split(' ');
    const integration = String(properties.Target).replace('integrations/', '');
    const functionArn = integrations.get(integration);
    if (functionArn === undefined) throw new Error(`the route ${key} leads to no integration`);
    return {
      method: path === undefined ? 'ANY' : method,
      segments: path?.split('/'),
      key,
      functionArn,
      isAuthorized: properties.AuthorizationType === 'JWT',
    };
  });
}

interface Found {
  route: Route;
  parameters: Record<string, string>;
}

/** Returns the most specific route: literal segments before parameters before greedy ones, `$default` last. A slash at the end does not match. */
function match(routes: Route[], method: string, path: string): Found | undefined {
  const given = path.split('/');
  const found: { found: Found; rank: number }[] = [];
  for (const route of routes) {
    if (route.segments === undefined) {
      found.push({ found: { route, parameters: {} }, rank: -1 });
      continue;
    }
    if (route.method !== 'ANY' && route.method !== method) continue;
    const fit = fits(route.segments, given);
    if (fit !== undefined) found.push({ found: { route, parameters: fit.parameters }, rank: fit.rank });
  }
  return found.sort((a, b) => b.rank - a.rank)[0]?.found;
}

function fits(segments: string[], given: string[]): { parameters: Record<string, string>; rank: number } | undefined {
  const parameters: Record<string, string> = {};
  let rank = 0;
  for (const [index, segment] of segments.entries()) {
    const name = /^\{(.+?)(\+?)\}$/.exec(segment);
    if (name?.[2] === '+') {
      if (given.length <= index) return undefined;
      parameters[name[1] ?? ''] = given.slice(index).join('/');
      return { parameters, rank: rank + 1 };
    }
    const value = given[index];
    if (value === undefined) return undefined;
    if (name !== null) parameters[name[1] ?? ''] = decoded(value);
    else if (segment !== value) return undefined;
    rank += name === null ? 100 : 10;
  }
  return given.length === segments.length ? { parameters, rank } : undefined;
}

interface Call {
  target: Target;
  found: Found;
  claims?: Json;
  body: Buffer;
  now: number;
}

function eventOf(request: IncomingMessage, { target, found, claims, body, now }: Call): Json {
  const { route, parameters } = found;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
  const sent = new URLSearchParams(target.query);
  const query = [...new Set(sent.keys())].map((name) => [name, sent.getAll(name).join(',')]);
  // A body that is not UTF-8 cannot be text in the event.
  const isText =
    isUtf8(body) &&
    /json|text|urlencoded|xml/.test(String(headers['content-type'] ?? '')) &&
    headers['content-encoding'] === undefined;
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: target.path,
    rawQueryString: target.query,
    headers,
    ...(query.length > 0 ? { queryStringParameters: Object.fromEntries(query) } : {}),
    ...(Object.keys(parameters).length > 0 ? { pathParameters: parameters } : {}),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: String(headers.host ?? ''),
      http: {
        method: request.method,
        path: target.path,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: new Date(now).toISOString(),
      timeEpoch: now,
      ...(claims === undefined ? {} : { authorizer: { jwt: { claims, scopes: null } } }),
    },
    ...(body.length > 0 ? { body: body.toString(isText ? 'utf8' : 'base64') } : {}),
    isBase64Encoded: body.length > 0 && !isText,
  };
}
