import * as z from 'zod';
import type { RouteDeclaration } from '../../runtime/http/route.ts';
import {
  BatchSchema,
  INGESTION_PATHS,
  ItemSchema,
  SETTINGS_PATH,
  SourceSettingsSchema,
  VerdictSchema,
} from './ingestion.ts';

type Json = Record<string, unknown>;

const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z
    .array(z.object({ path: z.string().describe('JSON pointer into what was sent'), message: z.string() }))
    .optional(),
  references: z.array(z.object({ kind: z.string(), id: z.string() })).optional(),
  code: z.string().optional().describe('Ingestion only: as Segment’s API words its errors'),
  message: z.string().optional().describe('Ingestion only: as Segment’s API words its errors'),
});

/** Parts that recursive schemas share, as zod names them. */
const SHARED = '__shared';

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

const problem = (components: Components, description = 'Any other problem'): Json => ({
  description,
  content: { 'application/problem+json': { schema: components.ref('Problem') } },
});

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

function ingestionOperation(call: string, path: string, components: Components): Json {
  const word = path.slice('/v1/'.length);
  const body =
    call === 'batch' ? components.add('Batch', BatchSchema, 'input') : components.add('Item', ItemSchema, 'input');
  const verdict = components.add('Verdict', VerdictSchema, 'output');
  return {
    operationId: `send${word.charAt(0).toUpperCase()}${word.slice(1)}`,
    summary: call === 'batch' ? 'Send a batch of events' : `Send ${/^[aei]/.test(call) ? 'an' : 'a'} ${call} event`,
    tags: ['ingestion'],
    security: [{ writeKey: [] }, {}],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: body }, 'text/plain': { schema: body } },
    },
    responses: {
      200: {
        description: "On the queue, with each item's verdict",
        content: { 'application/json': { schema: verdict } },
      },
      400: problem(components, 'Nothing in it is valid, or it cannot be read'),
      401: problem(components, 'No write key that is known'),
      413: problem(components, 'Over 500 KB'),
      429: problem(components, 'Over the rate limit; again after `Retry-After`'),
      default: problem(components),
    },
  };
}

const settingsOperation = (components: Components): Json => ({
  operationId: 'getSourceSettings',
  summary: 'Get the settings of a source',
  description: "As Segment's CDN gives them.",
  tags: ['ingestion'],
  security: [],
  parameters: [{ name: 'writeKey', in: 'path', required: true, schema: { type: 'string' } }],
  responses: {
    200: {
      description: 'Settings of the source',
      content: { 'application/json': { schema: components.add('SourceSettings', SourceSettingsSchema, 'output') } },
    },
    default: problem(components),
  },
});

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

/** Collects schemas as the document's components, recursive ones included. */
class Components {
  readonly #registries = { input: z.registry<{ id: string }>(), output: z.registry<{ id: string }>() };
  readonly #names = { input: new Map<z.ZodType, string>(), output: new Map<z.ZodType, string>() };

  /** Returns the reference that replaces the schema. One schema of two routes is one component. */
  add(name: string, schema: z.ZodType, io: 'input' | 'output'): Json {
    const known = this.#names[io].get(schema);
    if (known === undefined) {
      this.#registries[io].add(schema, { id: name });
      this.#names[io].set(schema, name);
    }
    return this.ref(known ?? name);
  }

  ref(name: string): Json {
    return { $ref: `#/components/schemas/${name}` };
  }

  schemas(): Json {
    return { ...this.#render('input'), ...this.#render('output') };
  }

  #render(io: 'input' | 'output'): Json {
    const shared = (name: string) => `${name.replaceAll('__', '')}${io === 'input' ? 'In' : 'Out'}`;
    const inputs = this.#names.input;
    const { schemas } = z.toJSONSchema(this.#registries[io], {
      io,
      unrepresentable: 'any',
      /** A response returns what was sent, without the defaults that the schema filled in: so there the response uses the request's schema. */
      override({ zodSchema, jsonSchema, path }) {
        // A pair of the same type is written so that older tools understand it too.
        const [first, ...rest] = jsonSchema.prefixItems ?? [];
        if (first !== undefined && rest.every((one) => JSON.stringify(one) === JSON.stringify(first))) {
          delete jsonSchema.prefixItems;
          Object.assign(jsonSchema, { items: first, minItems: rest.length + 1, maxItems: rest.length + 1 });
        }
        const [only, ...others] = jsonSchema.anyOf ?? [];
        if (only !== undefined && others.length === 0) {
          delete jsonSchema.anyOf;
          Object.assign(jsonSchema, only);
        }
        const name = io === 'output' && path.length > 0 ? inputs.get(zodSchema as unknown as z.ZodType) : undefined;
        if (name === undefined) return;
        for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
        jsonSchema.$ref = `#/components/schemas/${name}`;
      },
      uri: (id) => `#/components/schemas/${id}`,
    });
    const found: Json = {};
    for (const [name, schema] of Object.entries(schemas)) {
      const { $schema: _schema, $id: _id, ...rest } = schema;
      if (name !== SHARED) found[name] = rest;
      else for (const [part, inner] of Object.entries(rest.$defs ?? {})) found[shared(part)] = inner;
    }
    return relinked(found, shared) as Json;
  }
}

/** Replaces references to shared parts by references to their components. */
function relinked(value: unknown, shared: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => relinked(item, shared));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const part = key === '$ref' && typeof inner === 'string' ? /#\/\$defs\/(\w+)$/.exec(inner) : null;
      return [key, part ? `#/components/schemas/${shared(part[1] ?? '')}` : relinked(inner, shared)];
    }),
  );
}
