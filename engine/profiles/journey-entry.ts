import type { LiveJourney, Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { evaluate } from '../../core/conditions/evaluate.ts';
import { featureSource, timelineSource } from '../../core/conditions/event-source.ts';
import { referencesOf } from '../../core/conditions/references.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { TRIGGERED, TURNED_OFF, TURNED_ON } from '../../core/events/internal.ts';
import { type EpochMs, entryIdOf, type ProfileKey } from '../../core/ids.ts';
import { asksForEntries, entryOf, isOverKeys, mayReenter, mayReenterOverKeys } from '../../core/journeys/entry.ts';
import { exitOf } from '../../core/journeys/exit-and-resume.ts';
import { goesWithEntryDate } from '../../core/journeys/followed-traits.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import { isKeyTooLong } from '../../core/key-text.ts';
import {
  type Activity,
  anyKeySlot,
  type Exit,
  type NewRun,
  type OpenRun,
  runSlot,
} from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { fitsRun } from '../../core/profiles/size-limits.ts';
import type { Run } from '../../core/runs/run.ts';
import { durationMs } from '../../core/time/duration.ts';
import { windowOf } from '../runs/timeline.ts';
import type { ProfileDeps, Refusal } from './deps.ts';
import { evaluationContextOf } from './evaluate-tags.ts';
import type { Turns } from './own-turns.ts';

const DEFAULT_FRESH = '24h';

export interface EntryCandidate {
  key: ProfileKey;
  profile: Profile | undefined;
  activity: Activity;
  /** Events of this commit, in order. */
  fresh: CairnEvent[];
  snapshot: Snapshot;
  pointer: Pointer;
  /** Tags and features after this commit's events. */
  evaluated: Pick<Activity, 'tags' | 'features'>;
  /** Runs that are listed as open, those of this commit among them. */
  open: Record<string, OpenRun | NewRun>;
  live: LiveJourney;
  event: CairnEvent;
  /** What of the commit's turns of tags is the doing of such an entry; absent: nothing turns. */
  turns?: (entry: CairnEvent) => Turns;
  now: EpochMs;
}

type AdmissionDeps = Pick<ProfileDeps, 'profiles' | 'runs' | 'catalog'>;

/** Whether `event` starts a run of the live journey: undefined where it has nothing to do with it. */
export async function evaluateEntry(
  deps: AdmissionDeps,
  asked: EntryCandidate,
): Promise<{ run: NewRun } | { refused: Refusal } | undefined> {
  const match = matchOf(asked);
  if (match === undefined) return undefined;
  const candidate = await asPinned(deps, asked);
  if (candidate === undefined) return undefined;
  const { live, event } = candidate;
  if (candidate.pointer.journeys[live.id] !== undefined) return { refused: 'paused' };
  if (!(await inAudience(deps, candidate, match.data))) return { refused: 'audience' };
  const refused = await refusedBefore(deps, candidate, match.key);
  if (refused !== undefined) return { refused };
  if (!fitsRun(Object.values(candidate.open), { journey: live.id, key: match.key })) return { refused: 'full' };
  const run: NewRun = {
    entry: entryIdOf(live.id, match.key, candidate.key, event.id),
    profile: candidate.key,
    journey: live.id,
    version: live.version,
    key: match.key,
    at: event.at,
    data: match.data,
  };
  const turns = asksForTurns(live.definition) ? candidate.turns?.(event) : undefined;
  const exit = await exitAfter(deps, candidate, run, turns?.later ?? []);
  if (exit !== undefined) return { run: { ...run, bornExited: exit } };
  const own = (turns?.own ?? []).map((id) => [id, candidate.evaluated.tags[id]?.since ?? candidate.now] as const);
  return { run: own.length === 0 ? run : { ...run, own: Object.fromEntries(own) } };
}

/** Of a journey that another starts, the version that this one pinned; undefined: that was archived since. */
async function asPinned(deps: AdmissionDeps, candidate: EntryCandidate): Promise<EntryCandidate | undefined> {
  const { event, live, snapshot } = candidate;
  const version = event.name === TRIGGERED ? event.properties?.version : undefined;
  if (typeof version !== 'number' || version === live.version) return candidate;
  if (version <= (snapshot.archived[live.id] ?? 0)) return undefined;
  const pinned = await deps.catalog.version('journeys', live.id, version);
  // What was never published has no machine.
  if (pinned?.pins === undefined) return undefined;
  return { ...candidate, live: { id: live.id, version, definition: pinned.definition, pins: pinned.pins } };
}

function matchOf(candidate: EntryCandidate): { key: string; data: Record<string, unknown> } | undefined {
  const { live, event, now } = candidate;
  const journey = live.definition;
  if (event.name === TRIGGERED) return triggerOf(candidate);
  if (event.at < now - durationMs(freshOf(journey))) return undefined;
  return entryOf(live.id, journey, event, contextHere(candidate));
}

function triggerOf({
  live,
  event,
  evaluated,
}: EntryCandidate): { key: string; data: Record<string, unknown> } | undefined {
  if (event.properties?.journey !== live.id) return undefined;
  const { rule } = event.properties;
  if (rule !== undefined && !Object.hasOwn(evaluated.tags, String(rule))) return undefined;
  // `triggered` in core/events/internal.ts wrote it.
  const data = event.properties.data as Record<string, unknown>;
  const key = String(event.properties.key ?? '');
  return isKeyTooLong(key) ? undefined : { key, data };
}

const freshOf = (journey: Journey): string =>
  'event' in journey.entry ? (journey.entry.fresh ?? DEFAULT_FRESH) : DEFAULT_FRESH;

function contextHere({ profile, evaluated, snapshot, now }: EntryCandidate) {
  return evaluationContextOf(
    profile,
    evaluated,
    snapshot,
    now,
    featureSource(evaluated.features, snapshot.features.specs),
  );
}

/** An audience that asks for events is evaluated on the timeline: no features are kept for it. */
async function inAudience(
  deps: AdmissionDeps,
  candidate: EntryCandidate,
  data: Record<string, unknown>,
): Promise<boolean> {
  const { audience } = candidate.live.definition;
  if (audience === undefined) return true;
  const context = { ...contextHere(candidate), data };
  if (referencesOf(audience).events.length === 0) return evaluate(audience, context).is;
  const { events } = await deps.profiles.history(candidate.key, windowOf([audience], candidate.now));
  return evaluate(audience, { ...context, events: timelineSource(events) }).is;
}

async function refusedBefore(
  deps: AdmissionDeps,
  candidate: EntryCandidate,
  runKey: string,
): Promise<'open' | 'reentry' | undefined> {
  const { live, event } = candidate;
  const slot = runSlot(live.id, runKey);
  const there = candidate.open[slot];
  if (there !== undefined) {
    if ((await stillOpen(deps, candidate, there)) !== undefined) return 'open';
    if (!mayReenter(live.definition, there.at, event.at)) return 'reentry';
  } else if (asksForEntries(live.definition) && !candidate.activity.neverLeft) {
    const last = await deps.profiles.readEntered(candidate.key, slot);
    if (last !== undefined && !mayReenter(live.definition, last.at, event.at)) return 'reentry';
  }
  return refusedOverKeys(deps, candidate);
}

/** A run listed as open may have ended untold: its item is asked. Undefined: it has. */
async function stillOpen(
  deps: AdmissionDeps,
  candidate: EntryCandidate,
  there: OpenRun | NewRun,
): Promise<OpenRun | NewRun | Run | undefined> {
  const run = 'data' in there ? there : await deps.runs.get(there.entry);
  if (run === undefined) return there;
  if ('status' in run && run.status === 'closed') return undefined;
  return (await isEnding(deps, candidate, run)) ? undefined : run;
}

/** Of a date, entries of other years, months or dates count too: those that are listed as open, and the last of those that have left. */
async function refusedOverKeys(
  deps: AdmissionDeps,
  candidate: EntryCandidate,
): Promise<'open' | 'reentry' | undefined> {
  const { key, live, event, open, activity } = candidate;
  if (!isOverKeys(live.definition)) return undefined;
  const left = activity.neverLeft ? undefined : await deps.profiles.readEntered(key, anyKeySlot(live.id));
  const entered = Object.values(open).filter(({ journey }) => journey === live.id);
  for (const there of entered) if (await goesWithDate(deps, candidate, there)) return 'open';
  const isFollowed = [...entered, ...(left === undefined ? [] : [left])].every(({ at }) =>
    mayReenterOverKeys(live.definition, at, event.at),
  );
  return isFollowed ? undefined : 'reentry';
}

/** An open run that is still to rest until the date has moved with it, and reminds of the new date: a second one would say all twice. */
async function goesWithDate(deps: AdmissionDeps, candidate: EntryCandidate, there: OpenRun | NewRun): Promise<boolean> {
  const run = await stillOpen(deps, candidate, there);
  if (run === undefined) return false;
  const definition = await definitionOf(deps, run);
  return definition !== undefined && goesWithEntryDate(definition, 'node' in run ? run.node : undefined);
}

/** The catalog holds what `PUT` validated as a journey. */
const definitionOf = async (deps: AdmissionDeps, run: Pick<OpenRun, 'journey' | 'version'>) =>
  (await deps.catalog.version('journeys', run.journey, run.version))?.definition as Journey | undefined;

/** Exits go before entries: a run that this event, or one before it, ends is no longer in the way. Messages and traits are left to who ends it. */
async function isEnding(deps: AdmissionDeps, { fresh, event }: EntryCandidate, run: Run | NewRun): Promise<boolean> {
  const definition = await definitionOf(deps, run);
  if (definition === undefined) return false;
  const so = { ...run, visits: {} };
  return fresh.slice(0, fresh.indexOf(event) + 1).some((one) => exitOf(definition, so, one) !== undefined);
}

function asksForTurns(journey: Journey): boolean {
  const { exit, resolve } = subscribedEventsOf(journey);
  return [...exit, ...resolve].some((name) => name === TURNED_ON || name === TURNED_OFF);
}

/**
 * An exit that by timestamp comes after the entry ends the run even if it arrived first, or beside it; of tags only what others have turned
 * (`later`), and not the entry event.
 */
async function exitAfter(
  deps: AdmissionDeps,
  candidate: EntryCandidate,
  run: NewRun,
  later: readonly string[],
): Promise<Exit | undefined> {
  const journey = candidate.live.definition;
  const names = new Set(subscribedEventsOf(journey).exit);
  if (names.size === 0) return undefined;
  const lastAt = candidate.activity.lastAt ?? 0;
  const past = lastAt > run.at ? (await deps.profiles.history(candidate.key, { from: run.at, names })).events : [];
  // Events without timestamps, sent in one batch, have one instant: then their order tells.
  const behind = candidate.fresh.slice(candidate.fresh.indexOf(candidate.event) + 1).filter((event) => !isTurn(event));
  const turned = candidate.fresh.filter((event) => isTurn(event) && later.includes(String(event.properties?.rule)));
  const following = [
    ...past.filter(({ at }) => at > run.at),
    ...[...behind, ...turned].filter(({ at }) => at >= run.at),
  ].filter(({ name }) => name !== undefined && names.has(name));
  const { trait } = contextHere(candidate);
  const provisional = { ...run, status: 'open' as const, leg: 0, step: 0, visits: {} };
  for (const event of following) {
    const exit = exitOf(journey, provisional, event, trait);
    if (exit) return exit;
  }
  return undefined;
}

const isTurn = ({ name }: CairnEvent): boolean => name === TURNED_ON || name === TURNED_OFF;
