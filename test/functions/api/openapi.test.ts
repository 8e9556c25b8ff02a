import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../../lib/openapi/document.ts';
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
        ...'identify track page screen group alias batch import i t p s g a b'
          .split(' ')
          .map((call) => `POST /v1/${call}`),
        'GET /v1/projects/{writeKey}/settings',
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

  test('every reference leads to a schema of the document', () => {
    const schemas = Object.keys((document.components as { schemas: Json }).schemas);
    const refs = [...nodes(document)].map((node) => node.$ref).filter((ref) => typeof ref === 'string');
    expect(refs.length).toBeGreaterThan(routes.length);
    for (const ref of refs) expect(schemas).toContain(ref.replace('#/components/schemas/', ''));
  });

  test('the contract of settings is there to be read', () => {
    const { schemas } = document.components as {
      schemas: Record<string, { properties?: Json; required?: string[]; additionalProperties?: boolean }>;
    };
    const request = schemas.putSettingsRequest;
    expect(Object.keys(request?.properties ?? {})).toEqual(
      expect.arrayContaining(['timezone', 'caps', 'guardrails', 'optOutWords']),
    );
    expect(request?.required ?? []).toEqual([]);
    expect(request?.additionalProperties).toBe(false);
  });
});
