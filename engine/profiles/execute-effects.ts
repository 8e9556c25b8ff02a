import { isEndWatched } from '../../core/catalog/watched-ends.ts';
import type { CairnEvent, EventsMessage } from '../../core/events/event.ts';
import { manualTagEvent, runEnded } from '../../core/events/internal.ts';
import { type EntryId, type EpochMs, hashId, type ProfileKey } from '../../core/ids.ts';
import { exitOf, resolveOf, type Traits } from '../../core/journeys/exit-and-resume.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import {
  type MetricEvent,
  runEndedEvent,
  runEnteredEvent,
  runInterruptedEvents,
} from '../../core/metrics/metric-event.ts';
import type { Effect, EventPlace, Exit, NewRun, TouchingEvent } from '../../core/profiles/activity.ts';
import type { DueMessage } from '../../core/profiles/due-message.ts';
import { CLOSED_RUN_MS, type EnrolmentMessage, type Run, type StopExecutionMessage } from '../../core/runs/run.ts';
import type { Outgoing } from '../ports.ts';
import { hasTasks } from '../runs/close-tasks.ts';
import { movedRest } from '../runs/follow.ts';
import { caughtUpNow } from './caught-up.ts';
import type { ProfileDeps } from './deps.ts';
import { noteDropped, orDropped } from './dropped.ts';
import { traitsAt } from './traits.ts';

type Effects<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>[];

/** After this delay an enrolment that was under way has started its execution. */
const STOP_AFTER_SECONDS = 10;

/** Messages that are queued at the end, in one call per queue, because calls cost money. */
interface Outbox {
  events: Outgoing[];
  enrolments: Outgoing[];
  stopExecutions: Outgoing[];
  metricEvents: MetricEvent[];
  due: Outgoing[];
}

/**
 * `docs/protocols.md#effects`: idempotent; run by the commit that named them, and again by whoever finds them pending.
 * Order: membership, runs put, runs ended and resolved, and only then new runs enrolled.
 */
export async function executeEffects(
  deps: ProfileDeps,
  home: ProfileKey,
  named: readonly Effect[],
  { isRepeat = false, known = new Map() }: { isRepeat?: boolean; known?: KnownEvents } = {},
): Promise<void> {
  if (named.length === 0) return;
  const pending = await deps.profiles.storedEffects(named);
  const of = <Kind extends Effect['kind']>(kind: Kind) =>
    pending.filter((effect) => effect.kind === kind) as Effects<Kind>;
  const out: Outbox = { events: [], enrolments: [], stopExecutions: [], metricEvents: [], due: [] };

  for (const { tag, on, v, at } of of('member'))
    await orDropped(deps, { kind: 'member', home }, [home, tag, v], () =>
      deps.profiles.setMember(home, tag, on, v, at),
    );
  for (const { pool, code, at, isClient } of of('redeem')) {
    const mayRedeem = isClient ? (drawnBy: ProfileKey | undefined) => isHomeOf(deps, home, drawnBy) : undefined;
    await orDropped(deps, { kind: 'redeem', home, pool }, [home, pool, code, at], () =>
      deps.coupons.redeem(pool, code, at, mayRedeem),
    );
  }
  const entering: Outgoing[] = [];
  // An older one has been carried out: its run may have ended, and its item have expired, since the last commit of this profile.
  const isCurrent = ({ at }: { at: EpochMs }) => !(at < deps.clock() - CLOSED_RUN_MS);
  for (const { run } of of('enter').filter(isCurrent))
    await orDropped(deps, { kind: 'enter', home, journey: run.journey }, [run.entry], async () => {
      const entered = await putRun(deps, home, run, isRepeat, out);
      if (entered !== undefined) entering.push(enrolmentOf(run, entered, deps.clock()));
    });
  for (const { entry, at } of of('supersede'))
    await orDropped(deps, { kind: 'supersede', home, run: entry }, [entry], async () => {
      const isClosed = await deps.runs.close(entry, 'merged', at);
      const run = await deps.runs.get(entry);
      if (run?.reason !== 'merged') return;
      if (isClosed) out.metricEvents.push(runEndedEvent(run, 'merged', at), ...runInterruptedEvents(run, at));
      // Every repeat sends it, because the executor that closed the run may have died before: its tasks and held messages would stay.
      out.stopExecutions.push(stopExecutionOf(entry));
    });
  for (const { entry, events, isReplaced = false } of of('touch'))
    await orDropped(deps, { kind: 'touch', home, run: entry }, [entry, ...events.map(idOfTouching)], async () => {
      const touching = await eventsOf(deps, home, events, known);
      await touch(deps, home, { entry, events: touching, isReplaced }, out);
    });
  for (const { entry } of of('follow'))
    await orDropped(deps, { kind: 'follow', home, run: entry }, [entry], () => follow(deps, entry, out));
  out.enrolments.push(...entering);
  for (const { at } of of('due')) out.due.push(dueMessage(home, at, deps.clock()));

  await deps.metricEvents.publish(out.metricEvents);
  await deps.events.send(out.events);
  await deps.enrolments.send(out.enrolments);
  await deps.due.send(out.due);
  await deps.stopExecutions.send(out.stopExecutions);
}

/** Returns whether the profile that drew a code is this one, or has been merged into it since. */
async function isHomeOf(deps: ProfileDeps, home: ProfileKey, drawnBy: ProfileKey | undefined): Promise<boolean> {
  if (drawnBy === undefined) return false;
  return drawnBy === home || (await deps.profiles.home(drawnBy)).key === (await deps.profiles.home(home)).key;
}

/** Most characters of a run that its enrolment carries; a larger message costs more than a read. */
const MAX_CARRIED = 8_000;

function enrolmentOf(
  { entry, bornExited: _born, ...run }: NewRun,
  entered: 'created' | 'entering',
  now: EpochMs,
): Outgoing {
  const isCarried = entered === 'created' && JSON.stringify(run).length <= MAX_CARRIED;
  const created = isCarried ? { created: { ...run, createdAt: now } } : {};
  return { body: { entry, leg: 1, ...created } satisfies EnrolmentMessage };
}

/** Puts a new run. It must be enrolled as long as it is `entering`, even from an earlier try; undefined: it is not. */
async function putRun(
  deps: ProfileDeps,
  home: ProfileKey,
  run: NewRun,
  isRepeat: boolean,
  out: Outbox,
): Promise<'created' | 'entering' | undefined> {
  // A refused put costs as much as a successful one, and repeats are usually refused.
  const known = isRepeat ? await deps.runs.get(run.entry) : undefined;
  const created = known === undefined && (await deps.runs.create(run, deps.clock()));
  if (created) out.metricEvents.push(runEnteredEvent(run));
  // Every repeat sends this event, because a death between the put and the event would leave the run among the open ones.
  if (run.bornExited) {
    if (created) out.metricEvents.push(runEndedEvent(run, run.bornExited.outcome ?? 'exited', run.at));
    await publishExit(deps, home, run, { exit: run.bornExited, at: run.at, endedAt: run.at }, out);
  }
  if (created) return run.bornExited === undefined ? 'created' : undefined;
  return (known ?? (await deps.runs.get(run.entry)))?.status === 'entering' ? 'entering' : undefined;
}

const idOfTouching = (one: TouchingEvent): string => ('event' in one ? one.event.id : one.id);

/** Events by id, if the caller already has them. */
export type KnownEvents = ReadonlyMap<string, CairnEvent>;

/** Reads the events themselves, which a merge may have moved since. */
async function eventsOf(
  deps: ProfileDeps,
  home: ProfileKey,
  touching: readonly TouchingEvent[],
  known: KnownEvents,
): Promise<CairnEvent[]> {
  const found: CairnEvent[] = [];
  const items = new Map<string, CairnEvent[]>();
  for (const one of touching) {
    if ('event' in one) {
      found.push(one.event);
      continue;
    }
    const item = `${one.pk} ${one.sk}`;
    if (!known.has(one.id) && !items.has(item)) items.set(item, await eventsIn(deps, home, one));
    const event = known.get(one.id) ?? items.get(item)?.find(({ id }) => id === one.id);
    if (event === undefined)
      await noteDropped(deps, { kind: 'touch', home, event: one.id }, [home, one.id], 'the event is gone');
    else found.push(event);
  }
  return found;
}

async function eventsIn(deps: ProfileDeps, home: ProfileKey, { pk, sk }: EventPlace): Promise<CairnEvent[]> {
  // A merge copies it to the survivor before it deletes it.
  const there = (await deps.profiles.eventsAt(pk, sk)) ?? (await deps.profiles.eventsAt(home, sk));
  if (there !== undefined) return there;
  const { key, unfinishedMerges } = await deps.profiles.home(pk);
  for (const one of [...unfinishedMerges, key]) {
    const events = await deps.profiles.eventsAt(one, sk);
    if (events !== undefined) return events;
  }
  return [];
}

/** `docs/protocols.md#events-that-end-or-resolve-a-run`, for one run and the events that its journey looks for, in order. */
async function touch(
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
  const journey = await journeyOf(deps, run);
  if (journey === undefined) return;
  const trait = subscribedEventsOf(journey).traits ? await traitsOf(deps, home) : undefined;
  for (const event of run.status === 'closed' ? events.filter((one) => mayHaveClosed(one, run)) : events) {
    const exit = exitOf(journey, run, event, trait);
    if (exit) return close(deps, home, run, { exit, event, isReplaced }, out);
  }
  if (run.status === 'closed') {
    if (isReplaced) out.events.push(...endOf(home, run));
    return;
  }
  for (const event of events) await resolve(deps, run.entry, journey, event, trait);
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
  if (closed) out.metricEvents.push(runEndedEvent(now, outcome, event.at), ...runInterruptedEvents(now, event.at));
  // `stop-executions` closes the run's tasks too, so a death after the close does not matter.
  if ((closed && now.leg > 0) || hasTasks(now)) out.stopExecutions.push(stopExecutionOf(now.entry));
  await publishExit(deps, home, run, { exit, at: event.at, endedAt: deps.clock(), isReplaced }, out);
}

/** Claims the stop where the run rests, if this event resolves it. An executor that sees both the claim and the token wakes the execution. */
async function resolve(
  deps: ProfileDeps,
  entry: string,
  journey: Journey,
  event: CairnEvent,
  trait: Traits | undefined,
): Promise<void> {
  let run = await deps.runs.get(entry);
  if (run?.status !== 'open') return;
  const match = resolveOf(journey, run, event, trait);
  if (match && run.claim === undefined) {
    await deps.runs.claim(entry, { step: run.step }, { way: match.way, by: event.id, output: match.output });
    run = await deps.runs.get(entry);
  }
  await wake(deps, run);
}

/**
 * Moves a run that rests until a date of the customer that has changed: the run continues to rest in its next leg, which computes the instant again.
 * A run that has left its stop by a claim, or is not planned yet, checks the date itself. If the executor dies after this write, `dispatch-due` continues.
 */
async function follow(deps: ProfileDeps, entry: string, out: Outbox): Promise<void> {
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

async function journeyOf(deps: ProfileDeps, run: Run): Promise<Journey | undefined> {
  const version = await deps.catalog.version('journeys', run.journey, run.version);
  // `PUT` validated what the catalog holds as a journey of this kind.
  return version?.definition as Journey | undefined;
}

/** The end of a run that another executor has closed. */
const endOf = (home: ProfileKey, run: Run | undefined): Outgoing[] =>
  run?.status === 'closed'
    ? [eventOut(home, runEnded(run, run.outcome ?? run.reason ?? 'ended', run.closedAt ?? run.at))]
    : [];

interface Exited {
  exit: Exit;
  /** When the exit event happened, and when the run was closed. */
  at: EpochMs;
  endedAt: EpochMs;
  isReplaced?: boolean;
}

/** Sends the exit's tags to the profile's message group, and its end if a live rule asks for it. */
async function publishExit(
  deps: ProfileDeps,
  home: ProfileKey,
  run: NewRun | Run,
  { exit: { outcome = 'exited', addTags = [] }, at, endedAt, isReplaced = false }: Exited,
  out: Outbox,
): Promise<void> {
  const events = addTags.map((tag) => manualTagEvent(tag, true, 'journey', `${run.entry}:exit`, at));
  const { snapshot } = await deps.catalog.snapshot();
  if (isReplaced || isEndWatched(snapshot, run.journey)) events.push(runEnded(run, outcome, endedAt));
  out.events.push(...events.map((event) => eventOut(home, event)));
}

/**
 * Message that stops the execution of a run that was just closed or has left `leg`, even if the execution is being started meanwhile. For a closed
 * run it also closes the tasks and sends held messages to the gate.
 */
export const stopExecutionOf = (entry: EntryId, leg?: number): Outgoing => ({
  body: { entry, ...(leg === undefined ? {} : { leg }) } satisfies StopExecutionMessage,
  delaySeconds: STOP_AFTER_SECONDS,
});

export function eventOut(profile: ProfileKey, event: CairnEvent): Outgoing {
  const body: EventsMessage = { profile, events: [event] };
  return { body, group: profile, dedup: hashId(profile, event.id) };
}

export function dueMessage(profile: ProfileKey, at: EpochMs, now: EpochMs): Outgoing {
  const body: DueMessage = { profile, at };
  return { body, delaySeconds: Math.min(900, Math.max(0, Math.ceil((at - now) / 1000))) };
}
