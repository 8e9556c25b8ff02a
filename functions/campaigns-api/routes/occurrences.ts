import * as z from 'zod';
import { pauseIn } from '../../../core/catalog/pauses.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { OccurrenceSchema, viewOfOccurrence } from '../../../engine/campaigns/view.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { DomainError } from '../../../engine/errors.ts';
import { PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { definitionParams, occurrenceParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const CONCURRENCY = 4;

/** Reads the dependencies of views of a campaign's occurrences. */
export async function viewDeps({ catalog, tally }: Deps, campaign: string) {
  const { pointer } = await catalog.snapshot();
  return { tally, catalog, isPaused: pauseIn(pointer, { campaign }) !== undefined };
}

export const occurrenceRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/campaigns/{id}/occurrences',
    params: definitionParams,
    role: 'viewer',
    operationId: 'listOccurrences',
    summary: 'List the occurrences of a campaign',
    description: 'Newest first.',
    query: PageQuerySchema,
    response: () => pageOf(OccurrenceSchema.unwrap()),
    handle: async (deps, { params, query, path }) => {
      await requireHead(deps, 'campaigns', params.id);
      const before = readCursor(path, z.string(), query.cursor);
      const { items, next } = await deps.occurrences.list(params.id, { limit: query.limit, before });
      const shown = await viewDeps(deps, params.id);
      const views = await mapWithConcurrency(CONCURRENCY, items, (one) => viewOfOccurrence(shown, one));
      return { body: page(path, views, next) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/campaigns/{id}/occurrences/{occurrence}',
    params: occurrenceParams,
    role: 'viewer',
    operationId: 'getOccurrence',
    summary: 'Get an occurrence of a campaign',
    description: 'Whom its audience has, and what has become of each recipient so far.',
    response: OccurrenceSchema,
    handle: async (deps, { params }) => {
      const found = await deps.occurrences.get({ campaign: params.id, id: params.occurrence });
      if (found === undefined)
        throw new DomainError({ code: 'not-found', detail: `There is no occurrence ${params.occurrence}.` });
      return { body: await viewOfOccurrence(await viewDeps(deps, params.id), found) };
    },
  }),
];
