import * as z from 'zod';
import { hashId } from '../../../core/ids.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { DomainError } from '../../../engine/errors.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const KeySchema = lazySchema(() =>
  z.object({
    id: z.string(),
    kind: z.enum(['client', 'server']),
    name: z.string(),
    at: z.string(),
    by: z.string(),
  }),
);
const NewKeySchema = lazySchema(() =>
  z.object({
    id: z.string(),
    kind: z.enum(['client', 'server']),
    name: z.string(),
    key: z.string().optional().describe('Shown once; absent where an Idempotency-Key is repeated'),
  }),
);

export const keyRoutes: Route<Deps>[] = [
  route({
    method: 'POST',
    path: '/v1/keys',
    role: 'admin',
    operationId: 'createWriteKey',
    summary: 'Create a write key',
    description: 'The answer is the only one that shows the key.',
    status: 201,
    body: () => z.strictObject({ kind: z.enum(['client', 'server']), name: z.string().min(1).max(200) }),
    response: NewKeySchema,
    redact: ({ key: _key, ...rest }) => rest,
    handle: async (deps, { body, caller, intent }) => {
      const id = hashId('write-key', intent).slice(0, 12);
      const key = deps.random(24);
      await deps.keys.add(key, { id, kind: body.kind, name: body.name, at: deps.clock(), by: caller.sub });
      return { body: { id, kind: body.kind, name: body.name, key } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/keys',
    role: 'admin',
    operationId: 'listWriteKeys',
    summary: 'List write keys',
    description: 'Without the keys themselves.',
    query: PageQuerySchema,
    response: () => pageOf(KeySchema),
    handle: async (deps, { query, path }) => {
      const from = readCursor(path, z.string(), query.cursor);
      const { items, next } = await fill({ limit: query.limit, from }, (limit, after) =>
        deps.keys.list({ limit, after }),
      );
      return {
        body: page(
          path,
          items.map((key) => ({ ...key, at: iso(key.at) })),
          next,
        ),
      };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/keys/{id}',
    role: 'admin',
    operationId: 'deleteWriteKey',
    summary: 'Revoke a write key',
    description: 'Requests with this key are refused from now on.',
    status: 204,
    handle: async (deps, { params }) => {
      if (!(await deps.keys.remove(params.id)))
        throw new DomainError({ code: 'not-found', detail: `There is no key ${params.id}.` });
      return {};
    },
  }),
];
