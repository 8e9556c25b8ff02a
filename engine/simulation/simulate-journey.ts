import * as z from 'zod';
import type { LiveJourney } from '../../core/catalog/snapshot.ts';
import { CHANNELS, ChannelSchema, RENDERED_SHAPE } from '../../core/channels/registry.ts';
import type { Head } from '../../core/definitions/definition.ts';
import { TIMELINE_MS } from '../../core/events/timeline.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { emptyActivity } from '../../core/profiles/activity.ts';
import { addressesOf } from '../../core/profiles/address-record.ts';
import type { SimulatedMessage, TimelineItem } from '../../core/simulation/recorder.ts';
import type { Simulation } from '../../core/simulation/request.ts';
import { iso, parseInstant } from '../../core/time/instant.ts';
import { journeyLifecycle } from '../../engine/definitions/lifecycles/journeys.ts';
import { requireHead } from '../definitions/read-definition.ts';
import { submittedHead } from '../definitions/submit.ts';
import { DomainError, invalid, invalidAt } from '../errors.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { requireProfile } from '../profiles/find-profile.ts';
import type { SimulationDeps } from './deps.ts';
import { invokeSimulation } from './invoke-simulation.ts';
import { REFUSALS } from './refusals.ts';
import type { StoredCustomer } from './run-simulation.ts';
import type { Simulated } from './simulate.ts';

/** Answer of `POST /v1/journeys/{id}/simulate`. The further fields of a timeline item depend on its `type`. */
export const SimulatedSchema = lazySchema(() =>
  z.object({
    version: z.number().int(),
    at: z.string(),
    until: z.string(),
    timeline: z.array(
      z.looseObject({
        at: z.string(),
        type: z.string(),
        run: z.number().int().optional(),
        node: z.string().optional(),
        reason: z
          .string()
          .optional()
          .describe(`of a message, or why nobody is let in (type refused): ${REFUSALS.join(', ')}`),
        detail: z.string().optional().describe('the reason in words'),
      }),
    ),
    messages: z.array(
      z.object({
        ...RENDERED_SHAPE,
        at: z.string(),
        run: z.number().int(),
        node: z.string(),
        template: z.string(),
        version: z.number().int(),
        status: z.string(),
        channel: ChannelSchema.optional(),
        reason: z.string().optional(),
        detail: z.string().optional(),
      }),
    ),
    runs: z.array(
      z.object({
        run: z.number().int(),
        key: z.string(),
        at: z.string(),
        status: z.enum(['entering', 'open', 'parked', 'closed']),
        node: z.string().optional(),
        outcome: z.string().optional(),
      }),
    ),
    /** Outcome of the first run; absent: it has not ended, or nobody entered. */
    outcome: z.string().optional(),
    cost: z.object({
      transitions: z.number().int(),
      messages: z.partialRecord(ChannelSchema, z.number().int()),
      smsSegments: z.number().int(),
    }),
  }),
);
type View = z.input<typeof SimulatedSchema>;

/** Simulates this customer in the newest version, or in version `n`. Reads the customer's real data and writes nothing. */
export async function simulateJourney(
  deps: SimulationDeps,
  id: string,
  asked: Simulation,
  version: number | undefined,
): Promise<View> {
  const head = await requireHead(deps, 'journeys', id);
  const live = await journeyOf(deps, id, head, version ?? head.latest);
  checkEvents(live.definition, asked);
  const at = startOf(deps, asked);
  const stored = asked.profileId === undefined ? {} : { stored: await storedCustomer(deps, asked.profileId, at) };
  const { snapshot, pointer } = await deps.catalog.snapshot({ version: stored.stored?.activity.snapshotOf });
  const simulated = await invokeSimulation(deps, { live, snapshot, pointer, asked, at, ...stored });
  return viewOf(live, asked, at, simulated);
}

function startOf(deps: SimulationDeps, { at, profileId }: Simulation): EpochMs {
  const now = deps.clock();
  const start = (at === undefined ? undefined : parseInstant(at)) ?? now;
  if (profileId !== undefined && start < now)
    throw invalidAt('/at', 'must not be past: what a customer was then is not known any more');
  return start;
}

/** Returns the version with its pins; a version that was never submitted is pinned to the newest versions now. */
async function journeyOf(deps: SimulationDeps, id: string, head: Head, n: number): Promise<LiveJourney> {
  const version = n > head.latest ? undefined : await deps.definitions.version('journeys', id, n);
  if (version === undefined)
    throw new DomainError({ code: 'not-found', detail: `journeys/${id} has no version ${n}.` });
  const pins = version.pins ?? (n === head.latest ? head.pins : undefined);
  const { pins: newest } =
    pins === undefined ? await submittedHead(deps, journeyLifecycle, { id, head, version }) : { pins };
  return { id, version: n, definition: version.definition, pins: newest ?? { templates: {}, journeys: {} } };
}

/** The request's entry event, nodes and outcomes must exist in the journey. */
function checkEvents({ entry, nodes }: Journey, { trigger, events }: Simulation): void {
  const wanted = 'event' in entry ? entry.event : undefined;
  if (trigger?.event !== undefined && trigger.event !== wanted)
    throw invalidAt('/trigger/event', wanted === undefined ? 'no event lets anybody in' : `must be ${wanted}`);
  const errors = events.flatMap((event, index) => {
    const here = `/events/${index}`;
    if ('message' in event && nodes[event.message]?.type !== 'send')
      return [{ path: `${here}/message`, message: `${event.message} is no send node` }];
    if (!('task' in event)) return [];
    const node = nodes[event.task];
    if (node?.type !== 'task') return [{ path: `${here}/task`, message: `${event.task} is no task node` }];
    const outcomes = node.await && Object.keys(node.await.outcomes);
    return outcomes === undefined || outcomes.includes(event.outcome)
      ? []
      : [{ path: `${here}/outcome`, message: `must be one of ${outcomes.join(', ')}` }];
  });
  if (errors.length > 0) throw invalid('The events are not those of this journey.', errors);
}

async function storedCustomer(deps: SimulationDeps, id: string, at: EpochMs): Promise<StoredCustomer> {
  const { home } = await requireProfile(deps, id);
  const [records, sends, { events }] = await Promise.all([
    deps.profiles.addressRecords(addressesOf(home.profile?.addresses ?? {})),
    deps.profiles.readSends(home.key),
    deps.profiles.history(home.key, { from: at - TIMELINE_MS }),
  ]);
  const { key, profile, consents } = home;
  const current = await caughtUpNow(deps, home);
  const activity = { ...(current.activity ?? emptyActivity()), pending: [], dueAt: at };
  return { key, profile, consents, sends, records: [...records.values()], events, activity };
}

function viewOf(live: LiveJourney, { until }: Simulation, at: EpochMs, simulated: Simulated): View {
  const { timeline, messages, runs, transitions } = simulated;
  const outcome = runs[0]?.outcome;
  return {
    version: live.version,
    at: iso(at),
    until,
    timeline: timeline.map(itemView),
    messages: messages.map(messageView),
    runs: runs.map((run) => ({ ...run, at: iso(run.at) })),
    ...(outcome === undefined ? {} : { outcome }),
    cost: { transitions, ...costOf(messages) },
  };
}

const itemView = ({ at, until, ...fields }: TimelineItem): View['timeline'][number] => ({
  at: iso(at),
  ...fields,
  ...(typeof until === 'number' ? { until: iso(until) } : {}),
});

function messageView({ content, at, ...message }: SimulatedMessage): View['messages'][number] {
  const { channel: _channel, ...said } = content ?? { channel: undefined };
  return { ...message, at: iso(at), ...said };
}

function costOf(messages: readonly SimulatedMessage[]): Pick<View['cost'], 'messages' | 'smsSegments'> {
  const sent = messages.filter(({ status }) => status === 'sent');
  const byChannel = CHANNELS.map((channel) => [channel, sent.filter((one) => one.channel === channel).length] as const);
  const segments = sent.map(({ content }) => (content !== undefined && 'segments' in content ? content.segments : 0));
  return {
    messages: Object.fromEntries(byChannel.filter(([, count]) => count > 0)),
    smsSegments: segments.reduce((sum, count) => sum + count, 0),
  };
}
