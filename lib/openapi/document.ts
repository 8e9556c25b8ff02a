import * as z from 'zod';
import type { RouteDeclaration } from '../../runtime/http/route.ts';
import { Components, type Json } from './components.ts';
import { INGESTION_PATHS, SETTINGS_PATH } from './ingestion.ts';
import { ingestionOperation, settingsOperation } from './ingestion-operations.ts';
import { ProblemSchema, problem } from './problem.ts';

/** The OpenAPI 3.1 document of the declared routes. */
export function openApiDocument(routes: readonly RouteDeclaration[]): Json {
  const components = new Components();
  const paths: Record<string, Json> = {};
  components.add('Problem', ProblemSchema, 'output');
  for (const route of routes) {
    const path = route.path.replaceAll('+}', '}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) };
  }
  for (const { call, path } of INGESTION_PATHS) paths[path] = { post: ingestionOperation(call, path, components) };
  paths[SETTINGS_PATH] = { get: settingsOperation(components) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Cairn',
      version: '1',
      description: "Events in, and the marketers' API. Errors are application/problem+json (RFC 9457).",
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The origin that serves this document' }],
    security: [{ bearer: [] }],
    tags: tagsOf(paths),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        writeKey: {
          type: 'http',
          scheme: 'basic',
          description: 'The write key is the user; or `writeKey` in the body',
        },
      },
      schemas: used(components.schemas(), paths),
    },
  };
}

/** Removes parts that nothing references: a recursive schema has one for requests and one for responses. */
function used(schemas: Json, paths: Json): Json {
  const found = new Set<string>();
  const waiting: unknown[] = [paths];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (value === null || typeof value !== 'object') continue;
    for (const [key, inner] of Object.entries(value)) {
      const name =
        key === '$ref' && typeof inner === 'string' ? inner.slice('#/components/schemas/'.length) : undefined;
      if (name === undefined) waiting.push(inner ?? null);
      else if (!found.has(name)) {
        found.add(name);
        waiting.push(schemas[name]);
      }
    }
  }
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => found.has(name)));
}

function operation(route: RouteDeclaration, components: Components): Json {
  const id = route.operationId;
  const name = id.charAt(0).toUpperCase() + id.slice(1);
  const success: Json = { description: 'Done' };
  if (route.response) {
    const schema = components.add(`${name}Response`, route.response, 'output');
    success.content = {
      [route.media ?? 'application/json']: { schema },
      ...(route.csv === undefined ? {} : { 'text/csv': { schema: { type: 'string' } } }),
    };
  }
  const answers: Json = { [route.status]: success, ...refusals(route, components) };
  if (route.creates) answers['201'] = { ...success, description: 'Made' };
  if (route.method === 'GET' && route.isRevised) answers['304'] = { description: 'Unchanged' };
  return {
    operationId: id,
    summary: route.summary,
    tags: [route.path.split('/')[2] ?? ''],
    ...(route.role === 'public' ? { security: [] } : {}),
    ...describe(route),
    parameters: parameters(route),
    ...(route.body
      ? { requestBody: requestBody(route.body, components.add(`${name}Request`, route.body, 'input')) }
      : {}),
    responses: answers,
  };
}

/** Which role may ask for it, and what it does. */
function describe(route: RouteDeclaration): Json {
  const texts = [route.role === 'public' ? undefined : roleOf(route), route.description].filter(
    (text) => text !== undefined,
  );
  return texts.length === 0 ? {} : { description: texts.join('\n\n') };
}

const roleOf = ({ role, raised }: RouteDeclaration): string =>
  raised === undefined ? `Role: ${role}` : `Role: ${role}. ${raised.reason} takes the role ${raised.role}.`;

/** API Gateway's own answer to a request without a valid token; no function sees the request. */
const UNAUTHORIZED = {
  description: 'No valid token',
  headers: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  content: { 'application/json': { schema: { type: 'object', properties: { message: { type: 'string' } } } } },
};

function refusals(route: RouteDeclaration, components: Components): Json {
  const changes = route.method !== 'GET';
  return {
    ...(route.body ? { 400: problem(components, 'The body is not JSON') } : {}),
    ...(route.role === 'public' ? {} : { 401: UNAUTHORIZED, 403: problem(components, 'The role does not allow it') }),
    ...(Object.keys(route.params).length > 0 ? { 404: problem(components, 'There is no such thing') } : {}),
    ...(changes ? { 409: problem(components, 'It is in a state that does not allow it') } : {}),
    ...(route.conditional ? { 412: problem(components, 'It is not what the precondition says') } : {}),
    ...(route.body ? { 413: problem(components, 'The body is over 1 MB') } : {}),
    422: problem(components, 'Not valid; `errors` say where'),
    default: problem(components),
  };
}

function tagsOf(paths: Record<string, Json>): Json[] {
  const operations = Object.values(paths).flatMap((path) => Object.values(path) as { tags: string[] }[]);
  return [...new Set(operations.flatMap(({ tags }) => tags))].sort().map((name) => ({ name }));
}

const requestBody = (body: z.ZodType, schema: Json): Json => ({
  required: !body.safeParse(undefined).success,
  content: { 'application/json': { schema } },
});

function parameters(route: RouteDeclaration): Json[] {
  const found: Json[] = Object.entries(route.params).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: jsonSchema(schema),
  }));
  if (route.query) {
    const { properties = {}, required = [] } = z.toJSONSchema(route.query, { io: 'input', unrepresentable: 'any' });
    for (const [name, schema] of Object.entries(properties)) {
      found.push({ name, in: 'query', required: required.includes(name), schema });
    }
  }
  if (route.mutates) {
    const schema = { type: 'string', minLength: 1, maxLength: 255 };
    found.push({ name: 'Idempotency-Key', in: 'header', required: false, schema });
  }
  for (const name of route.conditional ? ['If-Match', 'If-None-Match'] : [])
    found.push({ name, in: 'header', required: false, schema: { type: 'string' } });
  if (route.isRevised) found.push({ name: 'If-None-Match', in: 'header', required: false, schema: { type: 'string' } });
  return found;
}

function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _schema, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
}
