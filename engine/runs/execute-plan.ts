import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { isEndWatched } from '../../core/catalog/watched-ends.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { manualTagEvent, runEndedEvent, triggeredEvent } from '../../core/events/internal.ts';
import { type EpochMs, hashId, type MessageId } from '../../core/ids.ts';
import type { Walked } from '../../core/journeys/walk.ts';
import { firstSender } from '../../core/messages/first-sender.ts';
import type { Message } from '../../core/messages/message.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { journeyScope } from '../../core/messages/source.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { runEndedEvents, runInterruptedEvents, wayEvents } from '../../core/metrics/published-events.ts';
import type { ExecutionState, Plan, PlannedAction, Run } from '../../core/runs/run.ts';
import { durationMs } from '../../core/time/duration.ts';
import type { WebhookRequest } from '../../core/webhooks/webhook.ts';
import { eventOut } from '../profiles/outgoing.ts';
import { closeTasks } from './close-tasks.ts';
import type { RunDeps } from './deps.ts';
import type { PinnedJourney } from './journey-of-run.ts';
import { goalsBeforeSplits } from './split-goals.ts';

/** Longest timeout that Step Functions accepts. */
const LONGEST_TIMEOUT_SECONDS = 99_999_999;

/** Executes the committed plan (`docs/protocols.md#starting-a-leg`, 3). Every part is idempotent by its id, so a replay repeats it whole. */
export async function executePlan(deps: RunDeps, run: Run, pinned: PinnedJourney, plan: Plan): Promise<void> {
  for (const action of plan.actions) await executeAction(deps, run, pinned, plan, action);
}

async function executeAction(
  deps: RunDeps,
  run: Run,
  pinned: PinnedJourney,
  plan: Plan,
  action: PlannedAction,
): Promise<void> {
  switch (action.kind) {
    case 'send':
      return send(deps, run, pinned, plan, action);
    case 'task':
      return createTask(deps, run, plan, action);
    case 'close-task':
      return deps.tasks.close(action.task, { reason: 'timeout', at: plan.at });
    case 'update':
      return deps.events.send(
        updateEvents(run, plan, action, deps.sequence()).map((event) => eventOut(run.profile, event)),
      );
    case 'trigger':
      // It would be a run like any other, and counted.
      if (run.test !== undefined) return;
      return deps.events.send([
        eventOut(run.profile, triggeredEvent(action, `${run.entry}:${plan.n}:${action.node}`, plan.at)),
      ]);
    case 'webhook':
      return deps.webhooks.send([{ body: webhookRequest(run, action) }]);
  }
}

/** An exit may have closed the run meanwhile, and looked for its tasks before this one existed. */
async function createTask(
  deps: RunDeps,
  run: Run,
  plan: Plan,
  action: Extract<PlannedAction, { kind: 'task' }>,
): Promise<void> {
  await deps.tasks.create({
    id: action.task,
    queue: action.queue,
    title: action.title,
    ...(action.outcomes === undefined ? {} : { outcomes: action.outcomes }),
    profile: run.profile,
    source: { kind: 'journey', id: run.journey, version: run.version, node: action.node, run: run.entry },
    at: plan.at,
  });
  // The plan that ends a run has closed it: no exit comes after that.
  const now = run.status === 'closed' ? undefined : await deps.runs.get(run.entry);
  if (now !== undefined) await closeTasks(deps, now);
}

/** Sends the request to the first channel's sender. Its gate chooses the channel and forwards the message if it is another. */
async function send(
  deps: RunDeps,
  run: Run,
  pinned: PinnedJourney,
  plan: Plan,
  action: Extract<PlannedAction, { kind: 'send' }>,
): Promise<void> {
  const { snapshot } = await deps.catalog.snapshot();
  const request = requestOf(run, pinned, action, plan.at, snapshot);
  const channel = firstSender(request, undefined, snapshot.settings.channels);
  await deps.senders[channel].send([{ body: { ...request, ...carriedData(run) } }]);
}

/** Most characters of a run's data that a message on a queue carries; a larger message costs more than a read. */
const MAX_CARRIED = 8_000;

const carriedData = ({ data }: Run): Pick<SendRequest, 'runData'> =>
  JSON.stringify(data).length <= MAX_CARRIED ? { runData: data } : {};

/** Returns the request that a send node puts on the sender's queue. */
export function requestOf(
  run: Run,
  pinned: PinnedJourney,
  { node: id, message, traits }: { node: string; message: MessageId; traits?: Record<string, unknown> },
  at: EpochMs,
  { settings }: Snapshot,
): SendRequest {
  const node = pinned.definition.nodes[id];
  if (node?.type !== 'send') throw new Error(`${id} is no send node`);
  const version = pinned.pins.templates[node.template];
  if (version === undefined) throw new Error(`template ${node.template} is not pinned`);
  return {
    message,
    profile: run.profile,
    template: { id: node.template, version },
    channels: node.channels,
    ...(traits === undefined ? {} : { traits }),
    source: {
      kind: 'journey',
      id: run.journey,
      version: run.version,
      node: id,
      run: run.entry,
      ...(run.test === undefined ? {} : { test: true }),
    },
    at,
    validUntil: at + durationMs(pinned.definition.validFor ?? settings.validFor.journey),
  };
}

function webhookRequest(run: Run, action: Extract<PlannedAction, { kind: 'webhook' }>): WebhookRequest {
  const { webhook, node, url, method = 'POST', headers = {}, body } = action;
  const source = journeyScope(run.journey, node);
  return { id: webhook, entry: run.entry, profile: run.profile, source, url, method, headers, body, attempt: 0 };
}

function updateEvents(
  run: Run,
  plan: Plan,
  action: Extract<PlannedAction, { kind: 'update' }>,
  sequence: number,
): CairnEvent[] {
  const cause = `${run.entry}:${plan.n}:${action.node}`;
  const events: CairnEvent[] = [];
  if (action.traits !== undefined) {
    const base = { at: plan.at, receivedAt: plan.at, sequence, index: 0, key: 'cairn' as const };
    events.push({ ...base, id: hashId('update', cause), type: 'identify', traits: action.traits });
  }
  for (const tag of action.addTags ?? []) events.push(manualTagEvent(tag, true, 'journey', cause, plan.at));
  for (const tag of action.removeTags ?? []) events.push(manualTagEvent(tag, false, 'journey', cause, plan.at));
  return events;
}

/** `docs/protocols.md#starting-a-leg`, 4: sends the end of a run that its plan has closed, or parks one whose plan cannot go on yet. */
export async function finish(deps: RunDeps, run: Run, plan: Plan): Promise<void> {
  if (plan.next.kind === 'park') await park(deps, run, { leg: run.leg, step: plan.n + 1 }, plan.next);
  if (plan.next.kind === 'end') await publishRunEnded(deps, run, plan.next.outcome ?? 'ended', plan.at);
}

/** Parks a run for a held or deferred message, then checks whether the message has left meanwhile. Its sender writes first and checks the run after. */
async function park(
  deps: RunDeps,
  run: Run,
  fence: { leg: number; step: number },
  { resumeAt, held }: Extract<Plan['next'], { kind: 'park' }>,
): Promise<void> {
  if (held === undefined) {
    await deps.runs.parkPlanned(run.entry, fence, resumeAt);
    return;
  }
  await deps.runs.parkPlanned(run.entry, fence, resumeAt, { way: { kind: 'waited' }, by: HELD });
  const { [held]: message } = await deps.messages.histories([held]);
  if (isMessageSettled(message)) await deps.enrolments.send([{ body: { entry: run.entry, leg: run.leg + 1 } }]);
}

/** Claim value of a `send` whose message is held or deferred. */
export const HELD = 'held';

/** Returns whether a message's row has a final state; a message without a row is still on its way. */
export const isMessageSettled = (message: Message | undefined): boolean =>
  message !== undefined && !['held', 'deferred', 'released', 'sending'].includes(message.state);

/**
 * Sends the end to the profile if a live rule asks for it; else the profile finds the run closed when it looks. Every executor that finds the run
 * closed by its own plan repeats this; the event's id makes it one event.
 */
export async function publishRunEnded(deps: RunDeps, run: Run, outcome: string, at: EpochMs): Promise<void> {
  const { snapshot } = await deps.catalog.snapshot();
  if (isEndWatched(snapshot, run.journey))
    await deps.events.send([eventOut(run.profile, runEndedEvent(run, outcome, at))]);
}

/** An execution ends after one year: a longer rest is split, and continues in the next leg. */
const LONGEST_LEG_MS = 300 * 24 * 3600_000;
const SHORTEST_REST_MS = 60_000;

/** Returns the output for the state machine: the stop to rest at, and until when, rounded up to the second (AWS truncates). */
export function executionState(run: Run, plan: Plan, now: EpochMs): ExecutionState {
  const base = { entry: run.entry, leg: run.leg, n: plan.n + 1 };
  if (plan.next.kind !== 'stop') return { ...base, next: 'end' };
  const cut = Math.max((run.legBegan?.at ?? now) + LONGEST_LEG_MS, now + SHORTEST_REST_MS);
  const planned = Math.min(plan.next.until, cut);
  const until = (planned <= now ? Math.floor(planned / 1000) : Math.ceil(planned / 1000)) * 1000;
  return {
    ...base,
    next: plan.next.node,
    until: new Date(until).toISOString(),
    seconds: Math.min(LONGEST_TIMEOUT_SECONDS, Math.max(1, Math.ceil((until - now) / 1000))),
  };
}

/** The executor that has committed a plan counts its nodes, and the run's end, and executes it; a retry only executes it. */
export async function withMetrics<Result>(
  deps: RunDeps,
  run: Run,
  { plan, way }: Pick<Walked, 'plan' | 'way'>,
  work: () => Promise<Result>,
  more: MetricEvent[] = [],
) {
  const { at, next } = plan;
  const ended = next.kind === 'end' ? runEndedEvents(run, next.outcome ?? 'ended', at) : [];
  const publishMetrics = async () => {
    await deps.metricEvents.publish([...more, ...wayEvents(run, way, at), ...ended]);
    await deps.metricEvents.publish(await goalsBeforeSplits(deps, run, way));
  };
  // Also if the work fails: its retry counts nothing.
  const [done, published] = await Promise.allSettled([work(), publishMetrics()]);
  if (done.status === 'rejected') throw done.reason;
  if (published.status === 'rejected') throw published.reason;
  return done.value;
}

/**
 * Returns the fields that a plan commit writes. The same write closes the run if the plan is the last, whose actions follow, and parks it if the plan
 * halts without actions.
 */
export function committed(run: Run, walked: { plan: Plan; data: Run['data']; visits: Run['visits'] }) {
  const { plan, data, visits } = walked;
  const { next } = plan;
  const bare = plan.actions.length === 0;
  return {
    plan,
    node: next.kind === 'end' ? (run.node ?? 'end') : next.node,
    leftAt: plan.at,
    data,
    visits,
    // `finish` parks a run that rests for a held message, with its claim.
    park: bare && next.kind === 'park' && next.held === undefined ? { dueAt: next.resumeAt } : undefined,
    end: next.kind === 'end' ? { outcome: next.outcome, at: plan.at } : undefined,
  };
}

/** Returns whether the run's version was archived: the run does nothing more, even before the archive job has reached its item. */
export const isArchived = (snapshot: Snapshot, run: Run): boolean =>
  run.version <= (snapshot.archived[run.journey] ?? 0);

export async function closeArchivedRun(deps: RunDeps, run: Run): Promise<void> {
  const at = deps.clock();
  const isClosed = await deps.runs.close(run.entry, 'archived', at);
  // The run may have started or moved on since it was read.
  const closed = await deps.runs.get(run.entry);
  if (closed?.reason !== 'archived') return;
  if (isClosed)
    await deps.metricEvents.publish([...runEndedEvents(closed, 'archived', at), ...runInterruptedEvents(closed, at)]);
  await closeTasks(deps, closed);
  await publishRunEnded(deps, closed, 'archived', at);
}
