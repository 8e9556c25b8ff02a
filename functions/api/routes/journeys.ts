import * as z from 'zod';
import { journeys } from '../../../core/catalog/kinds/journey.ts';
import { SimulationSchema } from '../../../core/simulation/request.ts';
import { ProblemError } from '../../shared/problem.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../cursor.ts';
import { requireHead } from '../definitions/read-definition.ts';
import { viewSchema } from '../definitions/view.ts';
import type { Deps } from '../deps.ts';
import { approve, reject } from '../journeys/approve.ts';
import { archive } from '../journeys/archive.ts';
import type { Changed, Verb } from '../journeys/lifecycle.ts';
import { pause, ResumeSchema, resume } from '../journeys/pause.ts';
import { publish } from '../journeys/publish.ts';
import { SimulatedSchema, simulateJourney } from '../journeys/simulate.ts';
import { submit } from '../journeys/submit.ts';
import { idsOf, requireProfile } from '../profiles/find-profile.ts';
import type { Role } from '../roles.ts';
import { type Call, type Route, route } from '../route.ts';
import { runsOf, runsOfProfile, runView } from '../runs/list-runs.ts';
import { RunSchema } from '../runs/schema.ts';

const View = viewSchema(journeys);
const CommentSchema = z.strictObject({ comment: z.string().optional() }).prefault({});

/** A verb of the lifecycle: answers with what GET gives then. */
function verb<Body extends z.ZodType>(
  name: string,
  role: Role,
  summary: string,
  body: Body,
  act: (verb: Verb, body: z.output<Body>) => Promise<Changed>,
): Route {
  return route({
    method: 'POST',
    path: `/v1/journeys/{id}/${name}`,
    conditional: true,
    role,
    summary,
    body,
    response: View,
    handle: async (deps, { params, body: sent, caller, headers }) => {
      const { view, etag, job } = await act({ deps, id: params.id, caller, headers }, sent);
      return {
        headers: { etag, ...(job === undefined ? {} : { 'cairn-job': job }) },
        body: view as z.input<typeof View>,
      };
    },
  });
}

const verbs: Route[] = [
  verb(
    'submit',
    'marketer',
    'draft → submitted; pins the newest templates and journeys that it names',
    CommentSchema,
    submit,
  ),
  verb(
    'approve',
    'approver',
    'submitted → approved, by somebody who wrote no version since the last published one',
    z.strictObject({ comment: z.string().optional(), publish: z.boolean().optional() }).prefault({}),
    async (asked, body) => {
      const approved = await approve(asked);
      if (body.publish !== true) return approved;
      // The precondition was the approval's.
      return publish({ ...asked, headers: {} });
    },
  ),
  verb('reject', 'approver', 'submitted or approved → draft', z.strictObject({ comment: z.string().min(1) }), reject),
  verb(
    'publish',
    'marketer',
    'approved → published; from draft where the settings require no approval',
    CommentSchema,
    publish,
  ),
  verb(
    'pause',
    'marketer',
    'published → paused: nobody enters, runs rest',
    z.strictObject({ comment: z.string().optional(), reason: z.string().optional() }).prefault({}),
    (asked, body) => pause(asked, body.reason ?? body.comment),
  ),
  verb(
    'resume',
    'marketer',
    'paused → published; a job lets parked runs go on, `perMinute` of them',
    ResumeSchema,
    (asked, body) => resume(asked, body.perMinute),
  ),
  verb('archive', 'marketer', 'Stops its open runs for good, by a job', CommentSchema, archive),
];

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

const simulation = route({
  method: 'POST',
  path: '/v1/journeys/{id}/simulate',
  role: 'marketer',
  summary:
    'Walks a real or an imagined customer through the newest version, or ?version=, on a virtual clock; writes nothing',
  acts: false,
  query: z.object({ version: z.coerce.number<string>().int().positive().optional() }),
  body: SimulationSchema,
  response: SimulatedSchema,
  handle: async (deps, { params, query, body }) => ({
    body: await simulateJourney(deps, params.id, body, query.version),
  }),
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

export const journeyRoutes: Route[] = [...verbs, trigger, simulation, runs];
