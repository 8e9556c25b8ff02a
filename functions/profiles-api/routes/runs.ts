import * as z from 'zod';
import { MAX_KEY_CHARACTERS } from '../../../core/limits.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { DomainError } from '../../../engine/errors.ts';
import { requireProfile } from '../../../engine/profiles/find-profile.ts';
import { pageOf } from '../../../runtime/http/cursor.ts';
import { definitionParams, TextIdSchema } from '../../../runtime/http/params.ts';
import { requireQueueable } from '../../../runtime/http/queueable.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { RunsQuerySchema, runsOfJourney, runsOfJourneyAndProfile } from './list-runs.ts';
import { MORE_MERGED } from './more-merged.ts';
import { route } from './route.ts';
import { RunSchema } from './run-schema.ts';

const trigger = route({
  method: 'POST',
  path: '/v1/journeys/{id}/trigger',
  params: definitionParams,
  role: 'marketer',
  operationId: 'triggerJourney',
  summary: 'Start a run of a journey',
  description:
    'Enters the profile, or answers why it does not enter. `data` is what the run knows as `event` and `data`.',
  body: () =>
    z.strictObject({
      profileId: TextIdSchema,
      data: z.record(z.string(), z.unknown()).optional(),
      key: z.string().trim().max(MAX_KEY_CHARACTERS).optional(),
    }),
  status: 202,
  response: () =>
    z.union([
      z.object({ entered: z.literal(true), run: z.string() }),
      z.object({ entered: z.literal(false), reason: z.enum(['audience', 'reentry', 'open', 'paused', 'full']) }),
    ]),
  handle: async (deps, { params, body, intent }) => {
    const head = await requireHead(deps, 'journeys', params.id);
    if (head.published === undefined)
      throw new DomainError({ code: 'conflict', detail: 'Only a published journey can be triggered.' });
    const { home } = await requireProfile(deps, body.profileId);
    requireQueueable(body.data, '/data');
    return {
      body: await deps.trigger({
        profile: home.key,
        journey: params.id,
        data: body.data ?? {},
        key: body.key ?? '',
        cause: intent,
      }),
    };
  },
});

const runs = route({
  method: 'GET',
  path: '/v1/journeys/{id}/runs',
  params: definitionParams,
  role: 'viewer',
  operationId: 'listRuns',
  summary: 'List the runs of a journey',
  description: 'With `profileId`, the runs of one profile, newest first.',
  query: () => RunsQuerySchema.unwrap(),
  response: () => pageOf(RunSchema).extend({ more: MORE_MERGED }),
  handle: async (deps, { params, query: { profileId, ...query }, path }) => {
    await requireHead(deps, 'journeys', params.id);
    const asked = { ...query, journey: params.id };
    return profileId === undefined
      ? runsOfJourney(deps, path, asked)
      : runsOfJourneyAndProfile(deps, path, { ...asked, profileId });
  },
});

export const runRoutes: Route<Deps>[] = [trigger, runs];
