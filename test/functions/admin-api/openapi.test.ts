import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, test } from 'vitest';
import { NODES } from '../../../core/journeys/nodes/registry.ts';
import { openApiDocument } from '../../../lib/openapi/document.ts';
import { INGESTION_PATHS, SETTINGS_PATH } from '../../../lib/openapi/ingestion.ts';
import { allRoutes as routes } from '../../../lib/routes.ts';

type Json = Record<string, unknown>;
const document = JSON.parse(JSON.stringify(openApiDocument(routes))) as Json;

function* nodes(value: unknown): Generator<Json> {
  if (Array.isArray(value)) for (const item of value) yield* nodes(item);
  else if (value !== null && typeof value === 'object') {
    yield value as Json;
    for (const inner of Object.values(value)) yield* nodes(inner);
  }
}

describe('GET /v1/openapi.json', () => {
  test('names every route once, with its role and what it answers', () => {
    const operations = Object.entries(document.paths as Record<string, Json>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.sort()).toEqual(
      [
        ...routes.map((route) => `${route.method} ${route.path.replaceAll('+}', '}')}`),
        ...INGESTION_PATHS.map(({ path }) => `POST ${path}`),
        `GET ${SETTINGS_PATH}`,
      ].sort(),
    );
    expect(operations).toEqual(
      expect.arrayContaining([
        'POST /v1/journeys/{id}/approve',
        'PUT /v1/settings',
        'GET /v1/profiles/{id}/timeline',
        'PUT /v1/templates/{id}',
      ]),
    );
  });

  test('every operation has its own id', () => {
    const ids = [...nodes(document.paths)].map((node) => node.operationId).filter((id) => id !== undefined);
    expect(ids.length).toBeGreaterThan(routes.length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('operations are named by what they do, so that a generated client reads well', () => {
    const ids = [...nodes(document.paths)].map((node) => node.operationId).filter((id) => id !== undefined);
    expect(ids).toEqual(expect.arrayContaining(['listTasks', 'getJourney', 'putTag', 'sendBatch', 'listListMembers']));
    for (const id of ids) expect(id).toMatch(/^[a-z]+(?:[A-Z][a-z]*)*$/);
  });

  test('every reference leads to a schema of the document', () => {
    const schemas = Object.keys((document.components as { schemas: Json }).schemas);
    const refs = [...nodes(document)].map((node) => node.$ref).filter((ref) => typeof ref === 'string');
    expect(refs.length).toBeGreaterThan(routes.length);
    for (const ref of refs) expect(schemas).toContain(ref.replace('#/components/schemas/', ''));
  });

  test("is faultless by Redocly's recommended rules", async () => {
    const config = await createConfig({
      extends: ['recommended'],
      // Tags are named by what they hold. Source settings are answered to every key.
      rules: { 'tag-description': 'off', 'operation-4xx-response': 'off' },
    });
    const problems = await lintFromString({
      source: JSON.stringify(document),
      absoluteRef: '/openapi.json',
      config,
    });
    expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([]);
  });

  test('describes every type of node, and reads back what is written', () => {
    const { schemas } = document.components as { schemas: Record<string, Json> };
    const node = schemas.JourneyNodeIn as { anyOf: { properties: { type: { const: string } } }[] };
    expect(node.anyOf.map(({ properties }) => properties.type.const).sort()).toEqual(Object.keys(NODES).sort());
    const journey = schemas.PutJourneyRequest as { properties: { nodes: { additionalProperties: Json } } };
    expect(journey.properties.nodes.additionalProperties).toEqual({ $ref: '#/components/schemas/JourneyNodeIn' });
    for (const name of ['Tag', 'Journey', 'Template', 'CouponPool']) {
      // Two closed objects in `getInBatches` would let nothing pass.
      expect(schemas[`Get${name}Response`]).not.toHaveProperty('allOf');
      expect(schemas[`Get${name}Response`]).toMatchObject({
        properties: {
          id: { pattern: '^[a-z0-9][a-z0-9-]{0,62}$' },
          definition: { $ref: `#/components/schemas/Put${name}Request` },
        },
      });
    }
  });

  test('says of every operation who is refused and how', () => {
    for (const [path, methods] of Object.entries(document.paths as Record<string, Record<string, Json>>))
      for (const operation of Object.values(methods)) {
        const { responses, security, tags } = operation as { responses: Json; security?: unknown[]; tags: string[] };
        if (tags.includes('ingestion')) continue;
        expect([path, Object.keys(responses)]).toEqual([path, expect.arrayContaining(['422', 'default'])]);
        if (security !== undefined) continue;
        // API Gateway's own body.
        expect(responses).toMatchObject({ 401: { content: { 'application/json': {} } }, 403: {} });
        if (path.includes('{')) expect(responses).toHaveProperty('404');
      }
  });

  test('the contract of settings is there to be read', () => {
    const { schemas } = document.components as {
      schemas: Record<string, { properties?: Json; required?: string[]; additionalProperties?: boolean }>;
    };
    const request = schemas.PutSettingsRequest;
    expect(Object.keys(request?.properties ?? {})).toEqual(
      expect.arrayContaining(['timezone', 'caps', 'guardrails', 'optOutWords']),
    );
    expect(request?.required ?? []).toEqual([]);
    expect(request?.additionalProperties).toBe(false);
    expect(request?.properties).toMatchObject({ warnings: { readOnly: true } });
    expect(JSON.stringify(document.paths)).toContain('#/components/schemas/GetSettingsResponse');
    expect(schemas.GetSettingsResponse?.required).toContain('warnings');
  });
});
