import * as z from 'zod';
import { KINDS } from '../../../core/catalog/kinds/registry.ts';
import type { Kind, Reference } from '../../../core/definitions/definition.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { DomainError } from '../../../engine/errors.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const SecretSchema = lazySchema(() => z.object({ id: z.string(), at: z.string(), by: z.string() }));
/** Values that an HTTP header can hold. */
const ValueSchema = z
  .string()
  .max(4_096)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'must be visible ASCII without blanks at its ends');
const PAGE = 100;

/** Returns the definitions whose newest or live version references the secret. */
async function usersOf(deps: Pick<Deps, 'definitions'>, secret: string): Promise<Reference[]> {
  const found: Reference[] = [];
  for (const kind of Object.keys(KINDS) as Kind[]) found.push(...(await usersAmong(deps, kind, secret)));
  return found;
}

async function usersAmong<K extends Kind>(
  { definitions }: Pick<Deps, 'definitions'>,
  kind: K,
  secret: string,
): Promise<Reference[]> {
  const { secrets } = KINDS[kind];
  if (secrets === undefined) return [];
  const found: Reference[] = [];
  for (let after: string | undefined, isLast = false; !isLast; ) {
    const { items, next } = await definitions.list(kind, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const { id, head } of items) {
      const numbers = new Set([head.latest, head.published ?? head.latest]);
      const versions = await Promise.all([...numbers].map((n) => definitions.version(kind, id, n)));
      if (versions.some((version) => version && secrets(version.definition).includes(secret))) found.push({ kind, id });
    }
    after = next;
    isLast = next === undefined;
  }
  return found;
}

export const secretRoutes: Route<Deps>[] = [
  route({
    method: 'PUT',
    path: '/v1/secrets/{id}',
    params: definitionParams,
    role: 'admin',
    operationId: 'putSecret',
    summary: 'Store a secret',
    description: 'A value for the headers of webhooks. No answer shows it.',
    creates: true,
    body: () => z.strictObject({ value: ValueSchema }),
    response: SecretSchema,
    handle: async (deps, { params, body, caller }) => {
      const entry = { id: params.id, at: deps.clock(), by: caller.sub };
      const { created } = await deps.secrets.put(entry, body.value);
      return { status: created ? 201 : 200, body: { ...entry, at: iso(entry.at) } };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/secrets',
    role: 'marketer',
    operationId: 'listSecrets',
    summary: 'List secrets',
    description: 'Their ids, without their values.',
    query: PageQuerySchema,
    response: () => pageOf(SecretSchema),
    handle: async (deps, { query, path }) => {
      const from = readCursor(path, z.string(), query.cursor);
      const { items, next } = await fill({ limit: query.limit, from }, (limit, after) =>
        deps.secrets.list({ limit, after }),
      );
      return {
        body: page(
          path,
          items.map((entry) => ({ ...entry, at: iso(entry.at) })),
          next,
        ),
      };
    },
  }),
  route({
    method: 'DELETE',
    path: '/v1/secrets/{id}',
    params: definitionParams,
    role: 'admin',
    operationId: 'deleteSecret',
    summary: 'Delete a secret',
    description: '409 with the definitions that use it.',
    status: 204,
    handle: async (deps, { params: { id } }) => {
      if (!(await deps.secrets.has(id)))
        throw new DomainError({ code: 'not-found', detail: `There is no secret ${id}.` });
      const references = await usersOf(deps, id);
      if (references.length > 0) {
        const named = references.map((one) => `${one.kind}/${one.id}`).join(', ');
        throw new DomainError({ code: 'conflict', detail: `It is used by ${named}.`, references });
      }
      await deps.secrets.remove(id);
      return {};
    },
  }),
];
