import * as z from 'zod';
import { pausableName } from '../../../core/catalog/pauses.ts';
import { CHANNELS, type Channel, ChannelSchema } from '../../../core/channels/registry.ts';
import type { Pause } from '../../../core/definitions/pins.ts';
import type { EpochMs } from '../../../core/ids.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { breakerState } from '../../../core/policies/breaker.ts';
import { CONFLICT, retryOnConflict } from '../../../core/retry-on-conflict.ts';
import { iso } from '../../../core/time/instant.ts';
import { DomainError } from '../../../engine/errors.ts';
import { RESUMED_A_MINUTE, ResumeSchema } from '../../../engine/jobs/resume.ts';
import { releaseHeld } from '../../../engine/jobs/start-job.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const StateSchema = lazySchema(() =>
  z.object({
    id: ChannelSchema,
    status: z.enum(['active', 'paused']),
    reason: z.string().optional(),
    all: z.boolean().optional(),
    since: z.string().optional(),
    breaker: z
      .enum(['closed', 'open', 'half-open'])
      .describe('open: its provider fails, and messages take their next channel; half-open: one message probes it'),
    rate: z.number().optional().describe('messages a second at most, by `settings.rates`; absent: no limit'),
  }),
);

const StatesSchema = lazySchema(() => z.object({ items: z.array(StateSchema) }));

type Live = Awaited<ReturnType<Deps['catalog']['snapshot']>>;

const stateOf = (
  id: Channel,
  paused: Pause | undefined,
  { pointer, snapshot }: Live,
  now: EpochMs,
): z.input<typeof StateSchema> => ({
  id,
  status: paused === undefined ? 'active' : 'paused',
  ...(paused?.reason === undefined ? {} : { reason: paused.reason }),
  ...(paused?.all === undefined ? {} : { all: paused.all }),
  ...(paused === undefined ? {} : { since: iso(paused.since) }),
  breaker: breakerState(id, pointer.breakers, now),
  ...(snapshot.settings.rates[id] === undefined ? {} : { rate: snapshot.settings.rates[id] }),
});

export const channelRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/channels',
    role: 'viewer',
    operationId: 'listChannels',
    summary: 'List channels',
    description: 'With the pause, the breaker and the rate of each.',
    response: StatesSchema,
    handle: async (deps) => {
      return { body: await statesNow(deps) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/channels/{id}/pause',
    params: { id: ChannelSchema },
    role: 'marketer',
    operationId: 'pauseChannel',
    summary: 'Pause a channel',
    description: 'Its marketing messages are held; with `all`, transactional ones too.',
    body: () => z.strictObject({ all: z.boolean().optional(), reason: z.string().max(2_000).optional() }).prefault({}),
    response: StateSchema,
    handle: async (deps, { params, body, caller, intent }) => {
      const { id, paused, live } = await stateNow(deps, params.id);
      const pause: Pause = {
        since: paused?.since ?? deps.clock(),
        ...(body.reason === undefined ? {} : { reason: body.reason }),
        ...(body.all === undefined ? {} : { all: body.all }),
      };
      await deps.rules.setPause({ channel: id }, pause);
      // Releases all held messages: transactional ones are sent, all others are held again. This also runs if the pause is unchanged, because the
      // call that changed it may have broken off here.
      if (paused !== undefined && !pause.all) {
        await releaseHeld(deps, id, { by: caller.sub, perMinute: RESUMED_A_MINUTE, cause: intent });
      }
      return { body: stateOf(id, pause, live, deps.clock()) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/channels/{id}/resume',
    params: { id: ChannelSchema },
    role: 'approver',
    operationId: 'resumeChannel',
    summary: 'Resume a channel',
    description: 'A job releases the held messages; each passes the gate again.',
    body: ResumeSchema,
    response: StateSchema,
    handle: async (deps, { params, body, caller, intent }) => {
      const { id, live } = await stateNow(deps, params.id);
      await deps.rules.setPause({ channel: id }, undefined, deps.clock());
      // Also if the channel is no longer paused: a repeat of a call that broke off before this finishes it.
      const perMinute = body.perMinute ?? RESUMED_A_MINUTE;
      const job = await releaseHeld(deps, id, { by: caller.sub, perMinute, cause: intent });
      return { headers: { 'cairn-job': job.id }, body: stateOf(id, undefined, live, deps.clock()) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/pause',
    actsOn: 'channels',
    role: 'marketer',
    operationId: 'pauseAllChannels',
    summary: 'Pause all channels',
    description: 'Their marketing messages are held. A channel that is paused already keeps its pause.',
    body: () => z.strictObject({ reason: z.string().min(1).max(2_000) }),
    response: StatesSchema,
    handle: async (deps, { body }) => {
      for (const id of CHANNELS) await pauseUnlessPaused(deps, id, body.reason);
      return { body: await statesNow(deps) };
    },
  }),
  route({
    method: 'POST',
    path: '/v1/resume',
    actsOn: 'channels',
    role: 'approver',
    operationId: 'resumeAllChannels',
    summary: 'Resume all channels',
    description: 'Whoever paused them. A job for each releases its held messages, `perMinute` of them.',
    body: ResumeSchema,
    response: () => StatesSchema.unwrap().extend({ jobs: z.array(z.string()) }),
    handle: async (deps, { body, caller, intent }) => {
      const perMinute = body.perMinute ?? RESUMED_A_MINUTE;
      for (const id of CHANNELS) await deps.rules.setPause({ channel: id }, undefined, deps.clock());
      const jobs: string[] = [];
      for (const id of CHANNELS)
        jobs.push((await releaseHeld(deps, id, { by: caller.sub, perMinute, cause: intent })).id);
      return { body: { ...(await statesNow(deps)), jobs } };
    },
  }),
];

async function statesNow(deps: Deps): Promise<{ items: z.input<typeof StateSchema>[] }> {
  const live = await deps.catalog.snapshot();
  const now = deps.clock();
  return { items: CHANNELS.map((id) => stateOf(id, live.pointer.channels[id], live, now)) };
}

/** A pause that is there, or that comes first, stays. */
async function pauseUnlessPaused(deps: Deps, channel: Channel, reason: string): Promise<void> {
  await retryOnConflict(
    async () => {
      const { pointer } = await deps.catalog.snapshot();
      if (pointer.channels[channel] !== undefined) return undefined;
      const generation = pointer.generations?.[pausableName({ channel })] ?? 0;
      const isPaused = await deps.rules.pauseOnce({ channel }, { since: deps.clock(), reason }, generation);
      return isPaused ? undefined : CONFLICT;
    },
    () =>
      new DomainError({
        code: 'conflict',
        detail: `Others pause and resume ${channel} at the same time; try again.`,
      }),
  );
}

async function stateNow(deps: Deps, name: string): Promise<{ id: Channel; paused: Pause | undefined; live: Live }> {
  const id = CHANNELS.find((channel) => channel === name);
  if (id === undefined) throw new DomainError({ code: 'not-found', detail: `There is no channel ${name}.` });
  const live = await deps.catalog.snapshot();
  return { id, paused: live.pointer.channels[id], live };
}
