import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { pointer } from '../../../core/json-pointer.ts';
import { etagOf, isUnchanged, requirePreconditions } from '../../../engine/definitions/preconditions.ts';
import { DomainError } from '../../../engine/errors.ts';
import type { HttpEvent } from '../../../runtime/handlers/http-handler.ts';
import { fill, readCursor, writeCursor } from '../../../runtime/http/cursor.ts';
import { callerOf } from '../../../runtime/http/roles.ts';
import { type Route, routeOf } from '../../../runtime/http/route.ts';
import { router } from '../../../runtime/http/router.ts';
import { issuesOf } from '../../../runtime/http/validation.ts';

const faultOf = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error.fault;
  }
  return undefined;
};

describe('roles', () => {
  const withClaims = (claims: Record<string, unknown>) =>
    ({ requestContext: { authorizer: { jwt: { claims } } } }) as unknown as HttpEvent;

  test.each([
    ['[marketer approver]', 'approver'],
    ['marketer', 'marketer'],
    [['viewer', 'marketer'], 'marketer'],
    ['[admins]', undefined],
    ['x,admin', undefined],
    ['[x,admin]', undefined],
    ['[x,admin viewer]', 'viewer'],
    ['["admin"]', undefined],
    ['[[admin]]', undefined],
    [[['admin']], undefined],
    [{ admin: true }, undefined],
    [true, undefined],
    [null, undefined],
    ['', undefined],
    [' admin', undefined],
    ['Admin', undefined],
    [undefined, undefined],
  ])('the claim %o makes %s', (claim, role) => {
    const caller = callerOf(withClaims({ sub: 'ann', 'cognito:groups': claim }), 'cognito:groups');
    expect(caller).toEqual({ sub: 'ann', ...(role === undefined ? {} : { role }) });
  });

  test('a request that no authorizer saw has no caller', () => {
    expect(callerOf({ requestContext: {} } as unknown as HttpEvent, 'cognito:groups')).toBeUndefined();
  });
  test.each([undefined, '', 5, { id: 'ann' }, 'x'.repeat(256)])('the subject %o is nobody', (sub) => {
    expect(callerOf(withClaims({ sub, 'cognito:groups': '[admin]' }), 'cognito:groups')).toBeUndefined();
  });
});

describe('routing', () => {
  const route = routeOf<unknown>();
  const get = (path: string): Route<unknown> =>
    route({ method: 'GET', path, role: 'viewer', operationId: 'any', summary: '', handle: async () => ({}) });
  const routes = router([
    get('/v1/profiles/{id+}'),
    get('/v1/profiles/{id+}/tags/{tag}'),
    get('/v1/profiles'),
    get('/v1/openapi.json'),
    get('/v1/{kind}'),
  ]);
  const found = (path: string) => {
    const match = routes.find('GET', path);
    return match && [match.route.path, match.params];
  };

  test('ids are percent-decoded, slashes in them included', () => {
    expect(found('/v1/profiles/ann%40example.com%2Fx')).toEqual(['/v1/profiles/{id+}', { id: 'ann@example.com/x' }]);
    expect(found('/v1/profiles/%E5%BC%A0%E4%B8%89')).toEqual(['/v1/profiles/{id+}', { id: '张三' }]);
  });
  test('an id that the gateway decoded already stands for itself', () => {
    expect(found('/v1/profiles/100%')).toEqual(['/v1/profiles/{id+}', { id: '100%' }]);
    expect(found('/v1/profiles/a/b')).toEqual(['/v1/profiles/{id+}', { id: 'a/b' }]);
  });
  test('the route with more literal segments wins', () => {
    expect(found('/v1/profiles/a/b/tags/vip')).toEqual(['/v1/profiles/{id+}/tags/{tag}', { id: 'a/b', tag: 'vip' }]);
    expect(found('/v1/openapi.json')?.[0]).toBe('/v1/openapi.json');
  });
  test('what is declared nowhere is not found', () => {
    expect(found('/v2/profiles')).toBeUndefined();
    expect(routes.find('POST', '/v1/profiles')).toBeUndefined();
  });
});

describe('validation', () => {
  const errors = (schema: z.ZodType, value: unknown) => {
    const read = schema.safeParse(value);
    return read.success ? [] : issuesOf(read.error);
  };

  test('paths are JSON pointers with their escapes', () => {
    expect(pointer(['a/b', 0, 'c~d'])).toBe('/a~1b/0/c~0d');
  });
  test('each unknown field is named', () => {
    const schema = z.strictObject({ inner: z.strictObject({ a: z.number().optional() }) });
    expect(errors(schema, { inner: { x: 1, 'y/z': 2 } })).toEqual([
      { path: '/inner/x', message: 'unknown field' },
      { path: '/inner/y~1z', message: 'unknown field' },
    ]);
  });
  test('of a union, the branch that came nearest speaks', () => {
    const schema = z.strictObject({
      if: z.union([
        z.strictObject({ tag: z.string() }),
        z.strictObject({ event: z.string(), count: z.strictObject({ gte: z.number() }) }),
        z.strictObject({ all: z.array(z.unknown()) }),
      ]),
    });
    expect(errors(schema, { if: { event: 'E', count: { gte: 'two' } } }).map(({ path }) => path)).toEqual([
      '/if/count/gte',
    ]);
  });
});

describe('cursors', () => {
  test('lead on in the list that gave them', () => {
    expect(readCursor('list', z.string(), writeCursor('list', 'after-this'))).toBe('after-this');
    expect(readCursor('list', z.string(), undefined)).toBeUndefined();
  });
  test.each([writeCursor('another', 'x'), writeCursor('list', 5), 'nonsense', ''])('%s is refused', (cursor) => {
    expect(faultOf(() => readCursor('list', z.string(), cursor))).toMatchObject({
      code: 'validation',
      errors: [{ path: '/query/cursor' }],
    });
  });
});

describe('a page', () => {
  const stored = [1, 2, 3, 4, 5, 6];
  /** As DynamoDB reads: the filter comes after the limit, and a full page always says that it goes on. */
  const even = async (limit: number, from = 0) => {
    const read = stored.slice(from, from + limit);
    return { items: read.filter((n) => n % 2 === 0), next: read.length < limit ? undefined : from + limit };
  };

  test('is full, whatever the filter leaves out', async () => {
    expect(await fill({ limit: 2, from: undefined }, even)).toEqual({ items: [2, 4], next: 4 });
  });
  test('has no next where nothing follows', async () => {
    expect(await fill({ limit: 3, from: undefined }, even)).toEqual({ items: [2, 4, 6] });
    expect(await fill({ limit: 1, from: 4 }, even)).toEqual({ items: [6] });
  });
  test('ends short, and goes on, where next to nothing is found', async () => {
    const nothing = async (_limit: number, from = 0) => ({ items: [], next: from + 1 });
    expect(await fill({ limit: 1, from: undefined }, nothing)).toEqual({ items: [], next: 20 });
  });
});

describe('preconditions', () => {
  test('a stale If-Match is refused, a right one or * is not', () => {
    expect(faultOf(() => requirePreconditions({ 'if-match': '"1"' }, etagOf(2)))?.code).toBe('precondition');
    expect(faultOf(() => requirePreconditions({ 'if-match': '"1", "2"' }, etagOf(2)))).toBeUndefined();
    expect(faultOf(() => requirePreconditions({ 'if-match': '*' }, etagOf(2)))).toBeUndefined();
    expect(faultOf(() => requirePreconditions({ 'if-match': '*' }, undefined))?.code).toBe('precondition');
    // RFC 9110: If-Match compares strongly.
    expect(faultOf(() => requirePreconditions({ 'if-match': 'W/"2"' }, etagOf(2)))?.code).toBe('precondition');
  });
  test('If-None-Match: * only creates', () => {
    expect(faultOf(() => requirePreconditions({ 'if-none-match': '*' }, etagOf(1)))?.code).toBe('precondition');
    expect(faultOf(() => requirePreconditions({ 'if-none-match': '*' }, undefined))).toBeUndefined();
    expect(faultOf(() => requirePreconditions({ 'if-none-match': 'W/"1"' }, etagOf(1)))?.code).toBe('precondition');
  });
  test('a GET that names what it has is answered that it is unchanged', () => {
    expect(isUnchanged({ 'if-none-match': 'W/"3"' }, etagOf(3))).toBe(true);
    expect(isUnchanged({ 'if-none-match': '"2"' }, etagOf(3))).toBe(false);
  });
});
