import * as z from 'zod';
import { requireHead } from '../../shared/definitions/read-definition.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../shared/http/cursor.ts';
import type { Call, Route } from '../../shared/http/route.ts';
import { ProblemError } from '../../shared/problem.ts';
import { idsOf, requireProfile } from '../../shared/profiles/find-profile.ts';
import type { Deps } from '../deps.ts';
import { route } from '../route.ts';
import { runsOf, runsOfProfile, runView } from '../runs/list-runs.ts';
import { RunSchema } from '../runs/schema.ts';

const trigger = route({
  method: 'POST',
  path: '/v1/journeys/{id}/trigger',
  role: 'marketer',
  summary: 'Enters a profile',
  body: z.strictObject({
    profileId: z.string(),
    data: z.record(z.string(), z.unknown()).optional(),
    key: z.string().optional(),
  }),
  status: 202,
  response: z.union([
    z.object({ entered: z.literal(true), run: z.string() }),
    z.object({ entered: z.literal(false), reason: z.enum(['audience', 'reentry', 'open', 'paused']) }),
  ]),
  handle: async (deps, { params, body, caller, headers, path }) => {
    const head = await requireHead(deps, 'journeys', params.id);
    if (head.published === undefined)
      throw new ProblemError({ type: 'conflict', detail: 'Only a published journey can be triggered.' });
    const { home } = await requireProfile(deps, body.profileId);
    const key = headers['idempotency-key'];
    const cause = key === undefined ? deps.random(16) : [caller.sub, path, key].join(' ');
    return {
      body: await deps.trigger({
        profile: home.key,
        journey: params.id,
        data: body.data ?? {},
        key: body.key ?? '',
        cause,
      }),
    };
  },
});

const runs = route({
  method: 'GET',
  path: '/v1/journeys/{id}/runs',
  role: 'viewer',
  summary: 'Runs, of one profile where ?profileId= says so',
  query: PageQuerySchema.extend({ profileId: z.string().optional() }),
  response: pageOf(RunSchema),
  handle: async (deps, { params, query, path }) => {
    await requireHead(deps, 'journeys', params.id);
    if (query.profileId === undefined) return { body: await runsOfJourney(deps, params.id, query, path) };
    const { snapshot } = await deps.catalog.snapshot();
    const found = await requireProfile(deps, query.profileId);
    return { body: { items: await runsOfProfile(deps, found, snapshot, params.id) } };
  },
});

async function runsOfJourney(deps: Deps, journey: string, query: z.output<typeof PageQuerySchema>, path: Call['path']) {
  const from = readCursor(path, z.record(z.string(), z.unknown()), query.cursor);
  const found = await fill({ limit: query.limit, from }, async (limit, cursor) => {
    const { entries, next } = await deps.runs.byJourney(journey, { limit, cursor });
    return { items: await runsOf(deps, entries), next };
  });
  const { snapshot } = await deps.catalog.snapshot();
  const idOf = idsOf(deps);
  const items = await Promise.all(
    found.items.map(async (run) => runView(deps, run, await idOf(run.profile), snapshot)),
  );
  return page(path, items, found.next);
}

export const runRoutes: Route<Deps>[] = [trigger, runs];
