import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { manualTagEvent, triggeredEvent } from '../../core/events/internal.ts';
import { type EpochMs, hashId, type MessageId } from '../../core/ids.ts';
import { firstSender } from '../../core/messages/first-sender.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { journeyScope } from '../../core/messages/source.ts';
import type { Plan, PlannedAction, Run } from '../../core/runs/run.ts';
import { durationMs } from '../../core/time/duration.ts';
import type { WebhookRequest } from '../../core/webhooks/webhook.ts';
import { eventOut } from '../profiles/outgoing.ts';
import { closeTasks } from './close-tasks.ts';
import type { RunDeps } from './deps.ts';
import type { PinnedJourney } from './journey-of-run.ts';

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
  const rests = plan.next.kind === 'park' && plan.next.held === action.message ? { rests: true } : {};
  await deps.senders[channel].send([{ body: { ...request, ...carriedData(run), ...rests } }]);
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
