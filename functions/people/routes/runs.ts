import * as z from 'zod';
import { requireHead } from '../../shared/definitions/read-definition.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../shared/http/cursor.ts';
import type { Call, Route } from '../../shared/http/route.ts';
import { ProblemError } from '../../shared/problem.ts';
import { idsOf, keysOf, requireProfile } from '../../shared/profiles/find-profile.ts';
import type { Deps } from '../deps.ts';
import { PlacesSchema } from '../places.ts';
import { route } from '../route.ts';
import { runsOf, runView } from '../runs/list-runs.ts';
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

const QuerySchema = PageQuerySchema.extend({ profileId: z.string().optional() });
type Query = z.output<typeof QuerySchema>;

const runs = route({
  method: 'GET',
  path: '/v1/journeys/{id}/runs',
  role: 'viewer',
  summary: 'Runs, of one profile where ?profileId= says so',
  query: QuerySchema,
  response: pageOf(RunSchema),
  handle: async (deps, { params, query, path }) => {
    await requireHead(deps, 'journeys', params.id);
    return { body: await (query.profileId === undefined ? runsOfJourney : runsOfOne)(deps, params.id, query, path) };
  },
});

/** Under all keys that the customer has had. */
async function runsOfOne(deps: Deps, journey: string, { profileId = '', limit, cursor }: Query, path: Call['path']) {
  const place = `${path} ${profileId}`;
  const customer = await requireProfile(deps, profileId);
  const keys = await keysOf(deps, customer);
  const found = await fill({ limit, from: readCursor(place, PlacesSchema, cursor) }, async (most, from) => {
    const { entries, next } = await deps.runs.byJourneyOf(journey, keys, {
      limit: most,
      ...(from && { cursor: from }),
    });
    return { items: await runsOf(deps, entries), next };
  });
  const { snapshot } = await deps.catalog.snapshot();
  const items = await Promise.all(found.items.map((run) => runView(deps, run, customer.id, snapshot)));
  return page(place, items, found.next);
}

async function runsOfJourney(deps: Deps, journey: string, query: Query, path: Call['path']) {
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
