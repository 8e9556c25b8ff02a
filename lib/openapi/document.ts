import * as z from 'zod';
import type { RouteDeclaration } from '../../functions/shared/http/route.ts';
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
    },
    security: [{ bearer: [] }],
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
      schemas: components.schemas(),
    },
  };
}

function operation(route: RouteDeclaration, components: Components): Json {
  const id = operationId(route);
  const success: Json = { description: 'Done' };
  if (route.response) {
    const schema = components.add(`${id}Response`, route.response, 'output');
    success.content = { [route.media ?? 'application/json']: { schema } };
  }
  const answers: Json = { [route.status]: success, default: problem(components) };
  if (route.creates) answers['201'] = { ...success, description: 'Made' };
  return {
    operationId: id,
    summary: route.summary,
    tags: [route.path.split('/')[2] ?? ''],
    ...(route.role === 'public' ? { security: [] } : { description: `Role: ${route.role}` }),
    parameters: parameters(route),
    ...(route.body
      ? { requestBody: requestBody(route.body, components.add(`${id}Request`, route.body, 'input')) }
      : {}),
    responses: answers,
  };
}

const problem = (components: Components): Json => ({
  description: 'A problem',
  content: { 'application/problem+json': { schema: components.ref('Problem') } },
});

function ingestionOperation(call: string, path: string, components: Components): Json {
  const body =
    call === 'batch' ? components.add('Batch', BatchSchema, 'input') : components.add('Item', ItemSchema, 'input');
  const verdict = components.add('Verdict', VerdictSchema, 'output');
  return {
    operationId: `post${path.slice('/v1/'.length)}`,
    summary: `Segment's ${call}`,
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
      default: problem(components),
    },
  };
}

const settingsOperation = (components: Components): Json => ({
  operationId: 'getSourceSettings',
  summary: "Source settings, as Segment's CDN gives them",
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
  const names = [...route.path.matchAll(/\{([^}+]+)\+?\}/g)].map((match) => match[1] ?? '');
  const found: Json[] = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  if (route.query) {
    const { properties = {}, required = [] } = z.toJSONSchema(route.query, { io: 'input', unrepresentable: 'any' });
    for (const [name, schema] of Object.entries(properties)) {
      found.push({ name, in: 'query', required: required.includes(name), schema });
    }
  }
  if (route.acts)
    found.push({ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 255 } });
  for (const name of route.conditional ? ['If-Match', 'If-None-Match'] : [])
    found.push({ name, in: 'header', required: false, schema: { type: 'string' } });
  return found;
}

/** `GET /v1/journeys/{id}/runs` → `getJourneysIdRuns`. */
function operationId(route: RouteDeclaration): string {
  const words = route.path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '' && word !== 'v1');
  return route.method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** Collects schemas and gives them out as the document's components, recursive ones included. */
class Components {
  readonly #registries = { input: z.registry<{ id: string }>(), output: z.registry<{ id: string }>() };
  readonly #names = { input: new Map<z.ZodType, string>(), output: new Map<z.ZodType, string>() };

  /** The reference to use in its place. One schema of two routes is one component. */
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
    const { schemas } = z.toJSONSchema(this.#registries[io], {
      io,
      unrepresentable: 'any',
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

/** References to shared parts as references to their components. */
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
