import { valuesAt } from '../../core/conditions/paths.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { triggeredEvent } from '../../core/events/internal.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { isTimed } from '../../core/journeys/timed-entries.ts';
import type { Message } from '../../core/messages/message.ts';
import { runOf as runOfMessage, sourceDefinitionOf } from '../../core/messages/source.ts';
import type { SimulatedEvent, Simulation } from '../../core/simulation/request.ts';
import { optOut, recordReceipt } from '../messages/record-receipt.ts';
import { evaluateEntry } from '../profiles/journey-entry.ts';
import { eventOut } from '../profiles/outgoing.ts';
import { taskCompleted } from '../runs/task-completed.ts';
import type { SimulationContext } from './context.ts';
import type { SimulatedFunctions } from './functions.ts';

type Of<Kind extends string> = Extract<SimulatedEvent, Record<Kind, unknown>>;

/** Key of a run if the request gives none. */
const DEFAULT_KEY = 'simulated';

/** Returns the event that starts the run: an entry event of its own, or an API call; undefined if a simulated event or time starts it. */
export function entryEvent(
  context: SimulationContext,
  { trigger, events }: Simulation,
  at: number,
): CairnEvent | undefined {
  const { id, definition } = context.live;
  const { entry } = definition;
  const byApi = trigger?.data !== undefined || trigger?.key !== undefined;
  if ('event' in entry && !byApi) {
    if (trigger === undefined && events.some((one) => 'event' in one && one.event === entry.event)) return undefined;
    const key = trigger === undefined && entry.key !== undefined ? { [entry.key]: DEFAULT_KEY } : {};
    return track('simulated-entry', entry.event, { ...key, ...trigger?.properties }, at);
  }
  const startsByItself = 'tag' in entry || 'segment' in entry || isTimed(entry);
  if (startsByItself && trigger === undefined) return undefined;
  const data = trigger?.data ?? trigger?.properties ?? {};
  return triggeredEvent({ journey: id, key: trigger?.key ?? '', data }, 'simulated', at);
}

const track = (id: string, name: string, properties: Record<string, unknown>, at: number): CairnEvent => ({
  id,
  type: 'track',
  name,
  at,
  receivedAt: at,
  index: 0,
  properties,
  key: 'server',
});

/** Performs a simulated event at the cloud's present instant. If it is impossible, the timeline says so. */
export async function simulateEvent(
  context: SimulationContext,
  functions: SimulatedFunctions,
  simulated: SimulatedEvent,
  index: number,
): Promise<void> {
  const { now } = functions.cloud;
  const id = `simulated-${index}`;
  if ('message' in simulated) return report(context, functions, simulated);
  if ('task' in simulated) return complete(context, functions, simulated);
  if ('event' in simulated) {
    const event = track(id, simulated.event, simulated.properties ?? {}, now);
    return applyEvent(
      context,
      functions,
      simulated.context === undefined ? event : { ...event, context: simulated.context },
    );
  }
  const { traits } = simulated;
  functions.recorder.add('traits', { traits });
  const event: CairnEvent = { id, type: 'identify', at: now, receivedAt: now, index: 0, traits, key: 'server' };
  await functions.processEvents({ profile: context.stored.key, events: [event] });
}

/** Applies an event of the customer. If it should enter them and does not, the timeline says why. */
export async function applyEvent(
  context: SimulationContext,
  functions: SimulatedFunctions,
  event: CairnEvent,
): Promise<void> {
  const { recorder } = functions;
  const { entry } = context.live.definition;
  const isTrigger = event.name?.startsWith('@') === true;
  if (!isTrigger) recorder.add('event', { event: event.name });
  const before = recorder.runs.size;
  await functions.processEvents({ profile: context.stored.key, events: [event] });
  const isEntry = isTrigger || ('event' in entry && entry.event === event.name);
  if (!isEntry || recorder.runs.size > before) return;
  recorder.add('refused', { reason: await refusalOf(context, functions, event) });
}

/** Nobody has entered, so the entry can be evaluated again. */
async function refusalOf(
  context: SimulationContext,
  functions: SimulatedFunctions,
  event: CairnEvent,
): Promise<string> {
  const { live, snapshot, pointer, stored } = context;
  const { customer } = functions.tables;
  const activity = customer.activity();
  const admission = await evaluateEntry(functions.deps.processEvents, {
    key: stored.key,
    profile: customer.profile(),
    activity,
    fresh: [event],
    snapshot,
    pointer,
    evaluated: activity,
    open: activity.openRuns,
    live,
    event,
    now: functions.cloud.now,
  });
  if (admission !== undefined && 'refused' in admission) return admission.refused;
  return hasKey(live.definition, event) ? 'where' : 'key';
}

const hasKey = ({ entry }: Journey, event: CairnEvent): boolean =>
  !('event' in entry) || entry.key === undefined || valuesAt(event.properties, entry.key).length > 0;

/** Applies a receipt, of a provider or the customer, to the newest message of that node. */
async function report(context: SimulationContext, functions: SimulatedFunctions, simulated: Of<'was'>): Promise<void> {
  const { recorder, cloud } = functions;
  const { messages } = functions.tables;
  const { receipts } = functions.deps;
  const { message: node, was } = simulated;
  const { ids } = await messages.byProfile([context.stored.key], { limit: 1_000 });
  const rows = await messages.getAll(ids);
  const row = ids
    .map((id) => rows.get(id))
    .find((one) => one !== undefined && sourceDefinitionOf(one.source)?.node === node);
  const item = recorder.add('receipt', { ...runOf(functions, row), node, was });
  if (row?.state !== 'sent') {
    item.ignored = row === undefined ? 'not asked for' : row.state;
    return;
  }
  const at = cloud.now;
  if (was === 'unsubscribed' && row.channel !== undefined)
    await optOut(receipts, context.stored.key, row.channel, { granted: false, at, source: 'one-click' });
  const address = was === 'bounced' ? 'bad' : was === 'complained' ? 'suppressed' : undefined;
  await recordReceipt(receipts, { message: row.id, receipt: was, at, ...(address === undefined ? {} : { address }) });
}

function runOf({ recorder }: SimulatedFunctions, row: Message | undefined): { run?: number } {
  const run = row && recorder.runs.get(runOfMessage(row.source) ?? '')?.run;
  return run === undefined ? {} : { run };
}

/** Completes a task as `POST /v1/tasks/{id}/complete` does. */
async function complete(
  context: SimulationContext,
  functions: SimulatedFunctions,
  simulated: Of<'task'>,
): Promise<void> {
  const { recorder, events, cloud } = functions;
  const { tasks } = functions.tables;
  const task = tasks.newestOf(simulated.task);
  const run = task && recorder.runs.get(task.source.run)?.run;
  const { task: node, outcome } = simulated;
  const item = recorder.add('done', { ...(run === undefined ? {} : { run }), node, outcome });
  if (task?.status !== 'open') {
    item.ignored = task === undefined ? 'not asked for' : task.status === 'done' ? 'done before' : 'closed before';
    return;
  }
  tasks.done(task, outcome, cloud.now);
  await events.send([eventOut(context.stored.key, taskCompleted({ ...task, outcome, doneAt: cloud.now }))]);
}
