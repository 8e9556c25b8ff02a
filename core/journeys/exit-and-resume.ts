import type { EvaluationContext } from '../conditions/evaluation-context.ts';
import { matchesWhere } from '../conditions/match.ts';
import { eventsOf, type MessageWas } from '../conditions/message-status.ts';
import { isSameKey } from '../conditions/same.ts';
import type { CairnEvent } from '../events/event.ts';
import { TURNED_OFF, TURNED_ON } from '../events/internal.ts';
import { TASK_COMPLETED, WEBHOOK_ANSWERED } from '../events/system-events.ts';
import { goalTimeMs, isAbout, isReachable } from '../goals/reach.ts';
import { type EpochMs, entryIdOf } from '../ids.ts';
import { MAX_RUN_DATA_BYTES } from '../limits.ts';
import type { Exit } from '../profiles/activity.ts';
import type { Run, Way } from '../runs/run.ts';
import { isTaken, webhookIdOf } from '../webhooks/webhook.ts';
import { currentTask, type TaskNode } from './nodes/task.ts';
import type { WaitForWay } from './nodes/wait-for.ts';
import { REFUSED, TAKEN } from './nodes/webhook.ts';
import { liquidData, RESOLVED_BY, resultOf } from './run-data.ts';
import type { ExitRule, Journey } from './schema.ts';

/** Fields of a run that exit and resume rules use. */
export type RestingRun = Pick<
  Run,
  'entry' | 'profile' | 'journey' | 'key' | 'at' | 'data' | 'visits' | 'node' | 'leftAt'
>;

/** The customer's present traits; needed only if `asksForTraits`. */
export type Traits = EvaluationContext['trait'];
const NO_TRAITS: Traits = () => undefined;

export interface Resolution {
  way: Way;
  /** Value that is stored under `as` (or the node's id). */
  output?: unknown;
}

/**
 * Returns the first exit rule that this event fulfils. Exits count from the entry instant on; the entry event itself never ends its run. (Another
 * event of the same instant, committed later, does: a clock may stand still in between.)
 */
export function exitOf(
  journey: Journey,
  run: RestingRun,
  event: CairnEvent,
  trait: Traits = NO_TRAITS,
): Exit | undefined {
  if (event.at < run.at) return undefined;
  const exit = journey.exit?.find((rule) => exits(rule, run, event, trait));
  return exit === undefined || isOwnEntry(run, event) ? undefined : exit;
}

const isOwnEntry = (run: Pick<Run, 'entry' | 'journey' | 'key' | 'profile'>, event: CairnEvent): boolean =>
  entryIdOf(run.journey, run.key, run.profile, event.id) === run.entry;

/** Fields of a run that its goal uses. */
export type GoalRun = Pick<Run, 'entry' | 'profile' | 'journey' | 'version' | 'key' | 'at' | 'data' | 'own'>;

/**
 * Returns whether this event is the goal of the run, by its timestamp as for an exit: after the entry, within the goal's time, and neither the entry
 * event itself nor a tag that it turned.
 */
export function reachesGoal(journey: Journey, run: GoalRun, event: CairnEvent, trait: Traits = NO_TRAITS): boolean {
  const { goal } = journey;
  if (!isReachable(goal) || !isAbout(goal, event) || event.at < run.at || isOwnEntry(run, event)) return false;
  if (event.at - run.at > goalTimeMs(goal)) return false;
  if (!('event' in goal)) return run.own?.[goal.tag] !== event.at;
  return (
    matchesWhere(goal.where, event, lookup(run, trait)) &&
    isSameKey(goal.same, liquidData(run.data).data, event.properties)
  );
}

function exits(rule: ExitRule, run: RestingRun, event: CairnEvent, trait: Traits): boolean {
  if ('event' in rule) {
    return (
      event.name === rule.event &&
      matchesWhere(rule.where, event, lookup(run, trait)) &&
      isSameKey(rule.same, liquidData(run.data).data, event.properties)
    );
  }
  if ('message' in rule) return isAboutMessage(run, event, rule.message, rule.was);
  return turnsRule(rule, event);
}

/** Conditions on events may reference the run's data and the customer's traits. */
const lookup = (run: Pick<Run, 'data'>, trait: Traits) => ({ trait, data: liquidData(run.data).data });

/** Returns whether this is our own event about this run's newest message of that node. Opens and clicks by machines do not count. */
function isAboutMessage(run: RestingRun, event: CairnEvent, node: string, was: MessageWas): boolean {
  const visit = run.visits[node];
  if (
    visit?.message === undefined ||
    event.at < visit.at ||
    event.name === undefined ||
    !eventsOf(was).includes(event.name)
  )
    return false;
  return event.properties?.messageId === visit.message && event.properties?.machine !== true;
}

const turnsRule = (rule: { tag: string; on: 'added' | 'removed' }, event: CairnEvent): boolean =>
  event.name === (rule.on === 'added' ? TURNED_ON : TURNED_OFF) && event.properties?.rule === rule.tag;

/** Returns how this event resolves the stop where the run rests, or undefined if it does not. */
export function resolveOf(
  journey: Journey,
  run: RestingRun,
  event: CairnEvent,
  trait: Traits = NO_TRAITS,
): Resolution | undefined {
  const node = run.node === undefined ? undefined : journey.nodes[run.node];
  if (isOwnEntry(run, event) || resultOf(run.data, RESOLVED_BY) === event.id) return undefined;
  if (node?.type === 'task') return completed(node, run, event);
  if (node?.type === 'webhook') return answered(run, event);
  if (node?.type !== 'wait-for') return undefined;
  const index = node.for.findIndex((way) => resolves(way, node.since, { run, event, trait }));
  if (index < 0) return undefined;
  const isOutput = 'event' in (node.for[index] ?? {});
  return { way: { kind: 'resolved', index }, ...(isOutput ? outputOf(run, event.properties ?? {}) : {}) };
}

/** An output that does not fit into the run is not stored: the run goes on without it. */
function outputOf({ data }: RestingRun, output: unknown): Pick<Resolution, 'output'> {
  return Buffer.byteLength(JSON.stringify([data, output])) > MAX_RUN_DATA_BYTES ? {} : { output };
}

/** Returns the resolution by this visit's task, if its outcome is one that leads on. */
function completed(task: TaskNode, run: RestingRun, event: CairnEvent): Resolution | undefined {
  if (event.name !== TASK_COMPLETED || run.node === undefined) return undefined;
  const { taskId, outcome } = event.properties ?? {};
  if (taskId !== currentTask(run, run.node)) return undefined;
  if (typeof outcome !== 'string' || !Object.hasOwn(task.await?.outcomes ?? {}, outcome)) return undefined;
  return { way: { kind: 'outcome', outcome } };
}

/** Returns the resolution by the response to this visit's call. */
function answered(run: RestingRun, event: CairnEvent): Resolution | undefined {
  if (event.name !== WEBHOOK_ANSWERED || run.node === undefined) return undefined;
  const { webhookId, status, body } = event.properties ?? {};
  if (webhookId !== webhookIdOf(run.entry, run.node, run.visits[run.node]?.count ?? 1)) return undefined;
  const answer = { status: Number(status), body };
  return { way: { kind: 'resolved', index: isTaken(answer) ? TAKEN : REFUSED }, ...outputOf(run, answer) };
}

function resolves(
  way: WaitForWay,
  since: string | undefined,
  { run, event, trait }: { run: RestingRun; event: CairnEvent; trait: Traits },
): boolean {
  if ('message' in way) return isAboutMessage(run, event, way.message, way.was);
  if ('tag' in way) return turnsRule(way, event);
  return (
    event.name === way.event &&
    event.at >= sinceOf(way.since ?? since ?? 'here', run) &&
    matchesWhere(way.where, event, lookup(run, trait)) &&
    isSameKey(way.same, liquidData(run.data).data, event.properties)
  );
}

function sinceOf(since: string, run: RestingRun): EpochMs {
  if (since === 'here') return run.leftAt ?? run.at;
  if (since === 'entry') return run.at;
  return run.visits[since]?.at ?? run.leftAt ?? run.at;
}

/** Returns the first event that resolves the stop. The events are in order. */
export function earliestResolve(
  journey: Journey,
  run: RestingRun,
  events: readonly CairnEvent[],
  trait: Traits = NO_TRAITS,
): ({ event: CairnEvent } & Resolution) | undefined {
  for (const event of events) {
    const resolution = resolveOf(journey, run, event, trait);
    if (resolution) return { event, ...resolution };
  }
  return undefined;
}

/**
 * A way that waits for a tag resolves at once if the tag is already in that state when the run comes to rest, unless the run's own entry event
 * changed it.
 */
export function resolvedByTags(
  journey: Journey,
  run: RestingRun & Pick<Run, 'own'>,
  sinceOf: (tag: string) => EpochMs | undefined,
): Resolution | undefined {
  const node = run.node === undefined ? undefined : journey.nodes[run.node];
  if (node?.type !== 'wait-for') return undefined;
  const own = new Map(Object.entries(run.own ?? {}));
  const isOwn = (tag: string, since: EpochMs | undefined) => own.has(tag) && (since ?? own.get(tag)) === own.get(tag);
  const index = node.for.findIndex((way) => {
    if (!('tag' in way)) return false;
    const since = sinceOf(way.tag);
    return (since !== undefined) === (way.on === 'added') && !isOwn(way.tag, since);
  });
  return index < 0 ? undefined : { way: { kind: 'resolved', index } };
}
