import * as z from 'zod';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

export const eventNameRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/event-names',
    role: 'viewer',
    operationId: 'listEventNames',
    summary: 'List event names',
    description: 'Those of the last 400 days, in alphabetical order.',
    query: PageQuerySchema,
    response: () => pageOf(z.object({ name: z.string() })),
    handle: async (deps, { query: { limit, cursor }, path }) => {
      const found = await fill({ limit, from: readCursor(path, z.string(), cursor) }, (most, after) =>
        deps.eventNames.list({ limit: most, after }),
      );
      return {
        body: page(
          path,
          found.items.map((name) => ({ name })),
          found.next,
        ),
      };
    },
  }),
];
