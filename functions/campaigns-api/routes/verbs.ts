import * as z from 'zod';
import { MAX_NAMED, type TriggerAudience, TriggerAudienceSchema } from '../../../core/campaigns/trigger-audience.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { beginOccurrence, suffixOf } from '../../../engine/campaigns/begin-occurrence.ts';
import { continueAfterPilot } from '../../../engine/campaigns/control.ts';
import { unknownInAudience } from '../../../engine/campaigns/unknown-in-audience.ts';
import { OccurrenceSchema, viewOfOccurrence } from '../../../engine/campaigns/view.ts';
import { requireHead } from '../../../engine/definitions/read-definition.ts';
import { DomainError, invalid } from '../../../engine/errors.ts';
import { findProfile } from '../../../engine/profiles/find-profile.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import { requireQueueable } from '../../../runtime/http/queueable.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { viewDeps } from './occurrences.ts';
import { route } from './route.ts';

const CONCURRENCY = 16;

/** Each profile that is named once, after all merges; ids that nobody has are passed over. */
async function audienceOfTrigger(
  deps: Pick<Deps, 'profiles'>,
  audience: TriggerAudience | undefined,
): Promise<Pick<Parameters<typeof beginOccurrence>[1], 'audience' | 'named'>> {
  if (audience === undefined || !('profileIds' in audience)) return { audience };
  const found = await mapWithConcurrency(CONCURRENCY, [...new Set(audience.profileIds)], (id) => findProfile(deps, id));
  return { named: [...new Set(found.flatMap((one) => one?.home.key ?? []))] };
}

const trigger = route({
  method: 'POST',
  path: '/v1/campaigns/{id}/trigger',
  params: definitionParams,
  role: 'marketer',
  operationId: 'triggerCampaign',
  summary: 'Send a campaign now',
  description: `Sends a published campaign with \`at: "trigger"\`. Its texts know \`data\` by that name; \`audience\` replaces its own: a condition, a list, or up to ${MAX_NAMED} \`profileIds\`, where unknown ones are passed over. A repeat under one \`Idempotency-Key\` is one occurrence.`,
  body: () =>
    z
      .strictObject({ data: z.record(z.string(), z.unknown()).optional(), audience: TriggerAudienceSchema.optional() })
      .prefault({}),
  status: 202,
  response: () => z.object({ occurrence: z.string() }),
  handle: async (deps, { params, body, caller, intent, intendedAt }) => {
    const head = await requireHead(deps, 'campaigns', params.id);
    const armed = await deps.occurrences.armed(params.id);
    const live = armed && (await deps.catalog.version('campaigns', params.id, armed.version));
    if (head.published === undefined || armed === undefined || live?.definition.at !== 'trigger')
      throw new DomainError({
        code: 'conflict',
        detail: 'Only a published campaign whose `at` is "trigger" can be triggered.',
      });
    requireQueueable(body.data, '/data');
    if (body.audience !== undefined && !('profileIds' in body.audience)) {
      const unknown = await unknownInAudience(deps, live.definition, body.audience);
      if (unknown.length > 0) throw invalid('The audience names what is not there.', unknown);
    }
    const { id } = await beginOccurrence(deps, {
      campaign: params.id,
      version: armed.version,
      at: intendedAt,
      suffix: suffixOf(intent),
      data: body.data,
      ...(await audienceOfTrigger(deps, body.audience)),
      by: caller.sub,
    });
    return { body: { occurrence: id } };
  },
});

const continueCampaign = route({
  method: 'POST',
  path: '/v1/campaigns/{id}/continue',
  params: definitionParams,
  role: 'marketer',
  operationId: 'continueCampaign',
  summary: 'Go on after the pilot',
  description: 'Sends to the frozen rest.',
  body: () => z.strictObject({ comment: z.string().max(2_000).optional() }).prefault({}),
  response: OccurrenceSchema,
  handle: async (deps, { params, intent }) => {
    await requireHead(deps, 'campaigns', params.id);
    const going = await continueAfterPilot(deps, params.id, intent);
    return { body: await viewOfOccurrence(await viewDeps(deps, params.id), going) };
  },
});

export const verbRoutes: Route<Deps>[] = [trigger, continueCampaign];
