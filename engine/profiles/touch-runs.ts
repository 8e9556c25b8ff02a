import { isEndWatched } from '../../core/catalog/watched-ends.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { manualTagEvent, runEndedEvent } from '../../core/events/internal.ts';
import type { EntryId, EpochMs, ProfileKey } from '../../core/ids.ts';
import { exitOf, resolveOf, type Traits } from '../../core/journeys/exit-and-resume.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import { runEndedEvents, runInterruptedEvents } from '../../core/metrics/run-events.ts';
import type { Exit, NewRun } from '../../core/profiles/activity.ts';
import type { Run } from '../../core/runs/run.ts';
import type { Outgoing } from '../ports.ts';
import { hasTasks } from '../runs/close-tasks.ts';
import { movedRest } from '../runs/follow.ts';
import { caughtUpNow } from './caught-up.ts';
import type { ProfileDeps } from './deps.ts';
import { eventOut, type Outbox, stopExecutionOf } from './outgoing.ts';
import { traitsAt } from './traits.ts';

/** `docs/protocols.md#events-that-end-or-resolve-a-run`, for one run and the events that its journey looks for, in order. */
export async function touch(
  deps: ProfileDeps,
  home: ProfileKey,
  { entry, events, isReplaced }: { entry: EntryId; events: CairnEvent[]; isReplaced: boolean },
  out: Outbox,
): Promise<void> {
  const run = await deps.runs.get(entry);
  // The event of a run that an exit closed is sent again, because the executor that closed it may have died first.
  if (run === undefined || (run.status === 'closed' && run.reason !== 'exited')) {
    if (isReplaced) out.events.push(...endOf(home, run));
    return;
  }
  const journeys = await journeysOf(deps, run);
  if (journeys === undefined) return;
  const asks = journeys.some((journey) => subscribedEventsOf(journey).traits);
  const trait = asks ? await traitsOf(deps, home) : undefined;
  for (const event of run.status === 'closed' ? events.filter((one) => mayHaveClosed(one, run)) : events) {
    const exit = firstExit(journeys, run, event, trait);
    if (exit) return close(deps, home, run, { exit, event, isReplaced }, out);
  }
  if (run.status === 'closed') {
    if (isReplaced) out.events.push(...endOf(home, run));
    return;
  }
  for (const event of events) {
    // Its ways out are those of another version by now.
    if (!(await resolve(deps, run, journeys[0], event, trait)))
      return touch(deps, home, { entry, events, isReplaced }, out);
  }
}

/** A run that is being moved stands in both versions until its next leg, which a pause may keep for days. */
function firstExit(
  journeys: readonly Journey[],
  run: Run,
  event: CairnEvent,
  trait: Traits | undefined,
): Exit | undefined {
  for (const journey of journeys) {
    const exit = exitOf(journey, run, event, trait);
    if (exit) return exit;
  }
  return undefined;
}

/** Most difference between the clocks of two functions. */
const CLOCKS_MS = 60_000;

/** An ended run may stay listed for months: an event that arrives later has not ended it, and gives the exit's tags to nobody. */
const mayHaveClosed = ({ receivedAt }: CairnEvent, { closedAt = receivedAt }: Run): boolean =>
  receivedAt <= closedAt + CLOCKS_MS;

async function close(
  deps: ProfileDeps,
  home: ProfileKey,
  run: Run,
  { exit, event, isReplaced }: { exit: Exit; event: CairnEvent; isReplaced: boolean },
  out: Outbox,
): Promise<void> {
  const outcome = exit.outcome ?? 'exited';
  const closed = run.status !== 'closed' && (await deps.runs.close(run.entry, 'exited', deps.clock(), outcome));
  // Closed: the run may have started or moved on since it was read. Refused: this exit has closed it before, or it ended in another way, whose
  // executor publishes it.
  const now = run.status === 'closed' ? run : await deps.runs.get(run.entry);
  if (now?.reason !== 'exited' || now.outcome !== outcome) {
    if (isReplaced) out.events.push(...endOf(home, now));
    return;
  }
  if (closed) out.metricEvents.push(...runEndedEvents(now, outcome, event.at), ...runInterruptedEvents(now, event.at));
  // `stop-executions` closes the run's tasks too, so a death after the close does not matter.
  if ((closed && now.leg > 0) || hasTasks(now)) out.stopExecutions.push(stopExecutionOf(now.entry));
  await publishExit(deps, home, run, { exit, at: event.at, endedAt: deps.clock(), isReplaced }, out);
}

/**
 * Claims the stop where the run rests, if this event resolves it. An executor that sees both the claim and the token wakes the execution. Returns false
 * if the run has moved to another version since.
 */
async function resolve(
  deps: ProfileDeps,
  { entry, version }: Run,
  journey: Journey,
  event: CairnEvent,
  trait: Traits | undefined,
): Promise<boolean> {
  let run = await deps.runs.get(entry);
  if (run?.status !== 'open') return true;
  if (run.version !== version) return false;

  const match = resolveOf(journey, run, event, trait);
  if (match && run.claim === undefined) {
    await deps.runs.claim(entry, { step: run.step }, { way: match.way, by: event.id, output: match.output });
    run = await deps.runs.get(entry);
  }
  await wake(deps, run);
  return true;
}

/**
 * Moves a run that rests until a date of the customer that has changed: the run continues to rest in its next leg, which computes the instant again.
 * A run that has left its stop by a claim, or is not planned yet, checks the date itself. If the executor dies after this write, `dispatch-due` continues.
 */
export async function follow(deps: ProfileDeps, entry: string, out: Outbox): Promise<void> {
  const run = await deps.runs.get(entry);
  if (run?.status !== 'open' || run.claim !== undefined) return;
  const journey = await journeyOf(deps, run);
  if (journey === undefined || (await movedRest(deps, run, journey)) === undefined) return;
  // Refused: another executor has moved the run since it was read. It reads the profile after that and sees the date.
  if (!(await deps.runs.parkLost(entry, run, deps.clock()))) return;
  out.enrolments.push({ body: { entry, leg: run.leg + 1 } });
  out.stopExecutions.push(stopExecutionOf(entry, run.leg));
}

/** Protocol B: an executor that sees an open run with an event's claim and a token calls SendTaskSuccess. */
export async function wake(deps: Pick<ProfileDeps, 'executions'>, run: Run | undefined): Promise<boolean> {
  const event = run?.claim !== undefined && run.claim.way.kind !== 'timeout';
  if (run?.status !== 'open' || !event || run.token === undefined || run.token.leg !== run.leg) return false;
  await deps.executions.resolve(run.token.value);
  return true;
}

/** Returns the customer's present traits. */
async function traitsOf(deps: ProfileDeps, home: ProfileKey): Promise<Traits> {
  const at = await deps.profiles.home(home);
  const { activity, snapshot } = await caughtUpNow(deps, at);
  return traitsAt(at.profile, activity, snapshot, deps.clock()).trait;
}

/** In its version, then in that to which it is being moved. */
async function journeysOf(deps: ProfileDeps, run: Run): Promise<[Journey, ...Journey[]] | undefined> {
  const own = await journeyOf(deps, run);
  const after = run.migrating && (await journeyOf(deps, { ...run, version: run.migrating.version }));
  return own && (after === undefined ? [own] : [own, after]);
}

async function journeyOf(deps: ProfileDeps, run: Run): Promise<Journey | undefined> {
  const version = await deps.catalog.version('journeys', run.journey, run.version);
  // `PUT` validated what the catalog holds as a journey of this kind.
  return version?.definition as Journey | undefined;
}

/** The end of a run that another executor has closed. */
const endOf = (home: ProfileKey, run: Run | undefined): Outgoing[] =>
  run?.status === 'closed'
    ? [eventOut(home, runEndedEvent(run, run.outcome ?? run.reason ?? 'ended', run.closedAt ?? run.at))]
    : [];

interface Exited {
  exit: Exit;
  /** When the exit event happened, and when the run was closed. */
  at: EpochMs;
  endedAt: EpochMs;
  isReplaced?: boolean;
}

/** Sends the exit's tags to the profile's message group, and its end if a live rule asks for it. */
export async function publishExit(
  deps: ProfileDeps,
  home: ProfileKey,
  run: NewRun | Run,
  { exit: { outcome = 'exited', addTags = [] }, at, endedAt, isReplaced = false }: Exited,
  out: Outbox,
): Promise<void> {
  const events = addTags.map((tag) => manualTagEvent(tag, true, 'journey', `${run.entry}:exit`, at));
  const { snapshot } = await deps.catalog.snapshot();
  if (isReplaced || isEndWatched(snapshot, run.journey)) events.push(runEndedEvent(run, outcome, endedAt));
  out.events.push(...events.map((event) => eventOut(home, event)));
}
