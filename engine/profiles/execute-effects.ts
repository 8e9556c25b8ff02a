import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import { runEndedEvents, runEnteredEvents, runInterruptedEvents } from '../../core/metrics/run-events.ts';
import type { Effect, EventPlace, NewRun, TouchingEvent } from '../../core/profiles/activity.ts';
import { redeemedFact } from '../../core/results/customer-facts.ts';
import { CLOSED_RUN_MS, type EnrolmentMessage } from '../../core/runs/run.ts';
import type { Outgoing } from '../ports.ts';
import type { ProfileDeps } from './deps.ts';
import { noteDropped, orDropped } from './dropped.ts';
import { migrate } from './migrate.ts';
import { dueMessage, type Outbox, stopExecutionOf } from './outgoing.ts';
import { follow, publishExit, touch } from './touch-runs.ts';

type Effects<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>[];

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
  for (const { pool, code, at, isClient, order } of of('redeem')) {
    const mayRedeem = isClient ? (drawnBy: ProfileKey | undefined) => isHomeOf(deps, home, drawnBy) : undefined;
    await orDropped(deps, { kind: 'redeem', home, pool }, [home, pool, code, at], async () => {
      const isRedeemed = await deps.coupons.redeem(pool, code, at, mayRedeem);
      if (isRedeemed && order !== undefined) out.metricEvents.push(redeemedFact(home, { pool, code, order, at }));
    });
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
      if (isClosed) out.metricEvents.push(...runEndedEvents(run, 'merged', at), ...runInterruptedEvents(run, at));
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
  for (const { kind: _kind, ...migration } of of('migrate'))
    await orDropped(deps, { kind: 'migrate', home, run: migration.entry }, [migration.entry, migration.to], () =>
      migrate(deps, migration, out),
    );
  out.enrolments.push(...entering);
  // `turn-facts.ts` made them.
  for (const { metricEvents } of of('report')) out.metricEvents.push(...(metricEvents as unknown as MetricEvent[]));
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
  { entry, bornExited: _born, test, ...run }: NewRun,
  entered: 'created' | 'entering',
  now: EpochMs,
): Outgoing {
  const isCarried = entered === 'created' && test === undefined && JSON.stringify(run).length <= MAX_CARRIED;
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
  if (created) out.metricEvents.push(...runEnteredEvents(run));
  // Every repeat sends this event, because a death between the put and the event would leave the run among the open ones.
  if (run.bornExited) {
    if (created) out.metricEvents.push(...runEndedEvents(run, run.bornExited.outcome ?? 'exited', run.at));
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
