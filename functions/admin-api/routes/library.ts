import * as z from 'zod';
import { KINDS } from '../../../core/catalog/kinds/registry.ts';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { LIBRARY } from '../../../engine/definitions/library/entries.ts';
import { defaultsOf } from '../../../engine/definitions/library/parameters.ts';
import { viewSchema } from '../../../engine/definitions/view.ts';
import { DomainError } from '../../../engine/errors.ts';
import { backfill } from '../../../engine/jobs/start-job.ts';
import { PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { install } from './install.ts';
import { route } from './route.ts';

const EntrySchema = lazySchema(() =>
  z.object({
    name: z.string(),
    kind: z.enum(['tags', 'segments']),
    title: z.string(),
    use: z.string(),
    parameters: z.record(z.string(), z.unknown()).describe('each with its default'),
  }),
);

const InstallSchema = lazySchema(() =>
  z
    .strictObject({
      id: DefinitionIdSchema.optional().describe("the entry's name where absent"),
      parameters: z.record(z.string(), z.unknown()).optional(),
    })
    .prefault({}),
);

const ViewSchema = lazySchema(() => z.union([viewSchema(KINDS.tags), viewSchema(KINDS.segments)]));

export const libraryRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/library',
    role: 'viewer',
    operationId: 'listLibrary',
    summary: 'List ready-made definitions',
    description: 'With the parameters that each of them takes.',
    query: PageQuerySchema,
    response: () => pageOf(EntrySchema),
    handle: async (_deps, { query, path }) => {
      const first = readCursor(path, z.number().int().min(0), query.cursor) ?? 0;
      const next = first + query.limit;
      const items = [...LIBRARY].slice(first, next).map(([name, entry]) => ({
        name,
        kind: entry.kind,
        title: entry.definition.name,
        use: entry.use,
        parameters: defaultsOf(entry),
      }));
      return { body: page(path, items, next < LIBRARY.size ? next : undefined) };
    },
  }),
  route({
    method: 'POST',
    creates: true,
    conditional: true,
    path: '/v1/library/{name}/install',
    role: 'marketer',
    operationId: 'installFromLibrary',
    summary: 'Install a ready-made definition',
    description: 'Copies it into the catalog with its parameters; answers as PUT of the definition does.',
    body: InstallSchema,
    response: ViewSchema,
    handle: async (deps, { params, body, caller, headers }) => {
      const entry = LIBRARY.get(params.name);
      if (entry === undefined)
        throw new DomainError({ code: 'not-found', detail: `The library has no ${params.name}.` });
      const { created, view, etag } = await install(deps, KINDS[entry.kind], {
        entry,
        id: body.id ?? params.name,
        parameters: body.parameters ?? {},
        author: caller.sub,
        headers,
      });
      // All entries of the library are rules: every profile is evaluated again, as after PUT.
      const job = await backfill(deps, caller.sub);
      return {
        status: created ? 201 : 200,
        headers: { etag, 'cairn-job': job.id },
        body: view as z.input<typeof ViewSchema>,
      };
    },
  }),
];
