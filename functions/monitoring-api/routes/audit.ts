import * as z from 'zod';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { TextIdSchema } from '../../../runtime/http/params.ts';
import { InstantQuerySchema } from '../../../runtime/http/query.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const EntrySchema = lazySchema(() =>
  z.object({
    at: z.string(),
    actor: z.string(),
    action: z.string(),
    kind: z.string(),
    id: z.string(),
    version: z.number().int().optional(),
    comment: z.string().optional(),
    refused: z.string().optional().describe('why the caller may not do it'),
    outcome: z
      .enum(['done', 'refused', 'failed'])
      .optional()
      .describe('absent: it is under way, or broke off and nobody knows how far it came'),
    status: z.number().int().optional().describe('of the answer'),
  }),
);
const AuditQuerySchema = PageQuerySchema.extend({
  from: InstantQuerySchema.optional(),
  to: InstantQuerySchema.optional(),
  actor: TextIdSchema.optional().describe('whose acts: the `sub` of the token'),
});
const PositionSchema = lazySchema(() => z.object({ day: z.number(), sk: z.string().optional() }));
/** Default of `from`: this many days back. */
const DEFAULT_DAYS = 90;

export const auditRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/audit',
    role: 'viewer',
    operationId: 'listAuditEntries',
    summary: 'List audit entries',
    description: 'Who changed what, and which requests were refused; newest first.',
    query: AuditQuerySchema,
    response: () => pageOf(EntrySchema),
    handle: async (deps, { query }) => {
      if (query.from !== undefined && query.to !== undefined && query.from > query.to)
        throw invalidAt('/query/from', 'must not be after `to`');
      // There are no entries in the future.
      const to = Math.max(Math.min(query.to ?? deps.clock(), deps.clock()), query.from ?? 0);
      const from = query.from ?? to - DEFAULT_DAYS * 24 * 3600_000;
      const { actor } = query;
      const scope = `audit ${JSON.stringify([query.from, query.to, actor])}`;
      const { items, next } = await fill(
        { limit: query.limit, from: readCursor(scope, PositionSchema, query.cursor) },
        async (limit, cursor) => {
          const part = await deps.audit.list({ from, to }, { limit, cursor });
          return actor === undefined ? part : { ...part, items: part.items.filter((entry) => entry.actor === actor) };
        },
      );
      return {
        body: page(
          scope,
          items.map((entry) => ({ ...entry, at: iso(entry.at) })),
          next,
        ),
      };
    },
  }),
];
