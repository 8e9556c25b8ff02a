import * as z from 'zod';
import { pauseIn } from '../../../core/catalog/pauses.ts';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { campaignScope } from '../../../core/messages/source.ts';
import { newestActive } from '../../../engine/campaigns/active-occurrences.ts';
import { cancelOccurrence, raiseEpochs } from '../../../engine/campaigns/control.ts';
import { OccurrenceSchema, viewOfOccurrence } from '../../../engine/campaigns/view.ts';
import { archive } from '../../../engine/definitions/archive.ts';
import type { CampaignLifecycleDeps } from '../../../engine/definitions/deps.ts';
import type { Verb } from '../../../engine/definitions/lifecycle.ts';
import { campaignLifecycle } from '../../../engine/definitions/lifecycles/campaigns.ts';
import { pause } from '../../../engine/definitions/pause.ts';
import { RESUMED_A_MINUTE } from '../../../engine/jobs/resume.ts';
import { releaseHeld } from '../../../engine/jobs/start-job.ts';
import { TextSchema } from '../../../runtime/http/lifecycle/verb.ts';
import { definitionParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

/** The occurrence that is stopped, and how many of its messages may still leave; after 5 s none does. */
const StoppedSchema = lazySchema(() => OccurrenceSchema.unwrap().partial().extend({ inFlight: z.number().int() }));

/** The view of an occurrence that was stopped. Whoever is on the senders' queues may pass the gate until they see it. */
async function stopped(deps: Deps, campaign: string, id: string | undefined) {
  const occurrence = id === undefined ? undefined : await deps.occurrences.get({ campaign, id });
  if (occurrence === undefined) return { inFlight: 0 };
  const { pointer } = await deps.catalog.snapshot();
  const isPaused = pauseIn(pointer, { campaign }) !== undefined;
  const view = await viewOfOccurrence({ tally: deps.tally, catalog: deps.catalog, isPaused }, occurrence);
  const { messages, audience } = view;
  const said = messages.sent + messages.deferred + messages.held + messages.unknown;
  return { ...view, inFlight: Math.min(await deps.depth(CHANNELS), audience.recipients - said) };
}

const pauseCampaign = route({
  method: 'POST',
  path: '/v1/campaigns/{id}/pause',
  params: definitionParams,
  conditional: true,
  role: 'marketer',
  operationId: 'pauseCampaign',
  summary: 'Pause a campaign',
  description: 'published → paused. Nobody else is handed to the senders; what they have is held.',
  body: () => z.strictObject({ comment: TextSchema.optional(), reason: TextSchema.optional() }).prefault({}),
  response: StoppedSchema,
  handle: async (deps, { params: { id }, body, caller, headers, intent }) => {
    const { etag } = await pause(
      { deps, of: campaignLifecycle, id, caller, headers, intent },
      body.reason ?? body.comment,
    );
    await raiseEpochs(deps, id);
    return { headers: { etag }, body: await stopped(deps, id, (await newestActive(deps, id))?.id) };
  },
});

const cancelCampaign = route({
  method: 'POST',
  path: '/v1/campaigns/{id}/cancel',
  params: definitionParams,
  conditional: true,
  role: 'marketer',
  operationId: 'cancelCampaign',
  summary: 'Cancel a campaign, or one sending of it',
  description:
    'With `occurrence`, that sending; without, all of it and for good. Who was not sent to gets nothing more.',
  body: () =>
    z.strictObject({ occurrence: z.string().min(1).max(64).optional(), comment: TextSchema.optional() }).prefault({}),
  response: StoppedSchema,
  handle: async (deps, { params: { id }, body, caller, headers, intent }) => {
    const asked = { deps, of: campaignLifecycle, id, caller, headers, intent };
    const responseHeaders: Record<string, string> =
      body.occurrence === undefined
        ? await cancelCampaignForGood(asked)
        : await cancelOne(deps, asked, body.occurrence);
    const occurrence = body.occurrence ?? (await deps.occurrences.list(id, { limit: 1 })).items[0]?.id;
    return { headers: responseHeaders, body: await stopped(deps, id, occurrence) };
  },
});

type Asked = Verb<'campaigns', CampaignLifecycleDeps>;

async function cancelCampaignForGood(asked: Asked): Promise<Record<string, string>> {
  const { etag, job } = await archive(asked, { cancelled: true });
  return { etag, ...(job === undefined ? {} : { 'cairn-job': job }) };
}

async function cancelOne(deps: Deps, { id: campaign, caller }: Asked, id: string): Promise<Record<string, string>> {
  await cancelOccurrence(deps, { campaign, id });
  const terms = { by: caller.sub, perMinute: RESUMED_A_MINUTE, cause: `cancel ${id}` };
  return { 'cairn-job': (await releaseHeld(deps, campaignScope(campaign), terms)).id };
}

export const stoppingRoutes: Route<Deps>[] = [pauseCampaign, cancelCampaign];
