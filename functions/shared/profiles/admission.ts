import type { LiveJourney, Pointer, Snapshot } from '../../../core/catalog/snapshot.ts';
import { evaluate } from '../../../core/conditions/evaluate.ts';
import { featureSource, timelineSource } from '../../../core/conditions/event-source.ts';
import { referencesOf } from '../../../core/conditions/references.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { TRIGGERED } from '../../../core/events/internal.ts';
import { type EpochMs, entryIdOf, type ProfileKey } from '../../../core/ids.ts';
import { entryOf, mayReenter, reentryOf } from '../../../core/journeys/entry.ts';
import { interestsOf } from '../../../core/journeys/interests.ts';
import { isKeyTooLong } from '../../../core/journeys/key-text.ts';
import { type Exit, exitOf } from '../../../core/journeys/leave.ts';
import type { Journey } from '../../../core/journeys/schema.ts';
import { type Activity, type NewRun, type OpenRun, runSlot } from '../../../core/profiles/activity.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import type { Run } from '../../../core/runs/run.ts';
import { durationMs } from '../../../core/time/duration.ts';
import { windowOf } from '../runs/timeline.ts';
import type { ProfileDeps } from './deps.ts';
import { worldOf } from './judge.ts';

const DEFAULT_FRESH = '24h';

export interface Candidate {
  key: ProfileKey;
  profile: Profile | undefined;
  activity: Activity;
  /** Events of this commit, in order. */
  fresh: CairnEvent[];
  snapshot: Snapshot;
  pointer: Pointer;
  /** Tags and features after this commit's events. */
  judged: Pick<Activity, 'tags' | 'features'>;
  /** Runs that are listed as open, those of this commit among them. */
  open: Record<string, OpenRun | NewRun>;
  live: LiveJourney;
  event: CairnEvent;
  now: EpochMs;
}

/** Why nobody enters; the words of the API's `trigger`. */
export type Refusal = 'paused' | 'audience' | 'open' | 'reentry';

type AdmissionDeps = Pick<ProfileDeps, 'profiles' | 'runs' | 'catalog'>;

/** Whether `event` starts a run of the live journey: undefined where it has nothing to do with it. */
export async function admit(
  deps: AdmissionDeps,
  asked: Candidate,
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
  const run: NewRun = {
    entry: entryIdOf(live.id, match.key, candidate.key, event.id),
    profile: candidate.key,
    journey: live.id,
    version: live.version,
    key: match.key,
    at: event.at,
    data: match.data,
  };
  const exit = await exitAfter(deps, candidate, run);
  return { run: exit === undefined ? run : { ...run, bornExited: exit } };
}

/** Of a journey that another starts, the version that this one pinned; undefined: that was archived since. */
async function asPinned(deps: AdmissionDeps, candidate: Candidate): Promise<Candidate | undefined> {
  const { event, live, snapshot } = candidate;
  const version = event.name === TRIGGERED ? event.properties?.version : undefined;
  if (typeof version !== 'number' || version === live.version) return candidate;
  if (version <= (snapshot.archived[live.id] ?? 0)) return undefined;
  const pinned = await deps.catalog.version('journeys', live.id, version);
  // What was never published has no machine.
  if (pinned?.pins === undefined) return undefined;
  return { ...candidate, live: { id: live.id, version, definition: pinned.definition, pins: pinned.pins } };
}

function matchOf(candidate: Candidate): { key: string; data: Record<string, unknown> } | undefined {
  const { live, event, now } = candidate;
  const journey = live.definition;
  if (event.name === TRIGGERED) return triggerOf(candidate);
  if (event.at < now - durationMs(freshOf(journey))) return undefined;
  return entryOf(live.id, journey, event, worldHere(candidate));
}

function triggerOf({ live, event, judged }: Candidate): { key: string; data: Record<string, unknown> } | undefined {
  if (event.properties?.journey !== live.id) return undefined;
  const { rule } = event.properties;
  if (rule !== undefined && !Object.hasOwn(judged.tags, String(rule))) return undefined;
  // `triggered` in core/events/internal.ts wrote it.
  const data = event.properties.data as Record<string, unknown>;
  const key = String(event.properties.key ?? '');
  return isKeyTooLong(key) ? undefined : { key, data };
}

const freshOf = (journey: Journey): string =>
  'event' in journey.entry ? (journey.entry.fresh ?? DEFAULT_FRESH) : DEFAULT_FRESH;

function worldHere({ profile, judged, snapshot, now }: Candidate) {
  return worldOf(profile, judged, snapshot, now, featureSource(judged.features, snapshot.features.specs));
}

/** An audience that asks for events is judged on the timeline: no features are kept for it. */
async function inAudience(deps: AdmissionDeps, candidate: Candidate, data: Record<string, unknown>): Promise<boolean> {
  const { audience } = candidate.live.definition;
  if (audience === undefined) return true;
  const world = { ...worldHere(candidate), data };
  if (referencesOf(audience).events.length === 0) return evaluate(audience, world).is;
  const { events } = await deps.profiles.history(candidate.key, windowOf([audience], candidate.now));
  return evaluate(audience, { ...world, events: timelineSource(events) }).is;
}

/** A run listed as open may have ended untold: its item is asked. */
async function refusedBefore(
  deps: AdmissionDeps,
  candidate: Candidate,
  runKey: string,
): Promise<'open' | 'reentry' | undefined> {
  const { live, event } = candidate;
  const slot = runSlot(live.id, runKey);
  const there = candidate.open[slot];
  if (there !== undefined) {
    const run = 'data' in there ? there : await deps.runs.get(there.entry);
    const isOver =
      run !== undefined && (('status' in run && run.status === 'closed') || (await isEnding(deps, candidate, run)));
    if (!isOver) return 'open';
    return mayReenter(live.definition, there.at, event.at) ? undefined : 'reentry';
  }
  if (reentryOf(live.definition) === 'always') return undefined;
  if (candidate.activity.neverLeft) return undefined;
  const last = await deps.profiles.readEntered(candidate.key, slot);
  return last === undefined || mayReenter(live.definition, last.at, event.at) ? undefined : 'reentry';
}

/** Exits go before entries: a run that this event, or one before it, ends is no longer in the way. Messages and traits are left to who ends it. */
async function isEnding(deps: AdmissionDeps, { fresh, event }: Candidate, run: Run | NewRun): Promise<boolean> {
  const definition = (await deps.catalog.version('journeys', run.journey, run.version))?.definition;
  if (definition === undefined) return false;
  const so = { ...run, visits: {} };
  // The catalog holds what `PUT` validated as a journey.
  return fresh.slice(0, fresh.indexOf(event) + 1).some((one) => exitOf(definition as Journey, so, one) !== undefined);
}

/** An exit that by timestamp comes after the entry ends the run even if it arrived first, or beside it. */
async function exitAfter(deps: AdmissionDeps, candidate: Candidate, run: NewRun): Promise<Exit | undefined> {
  const journey = candidate.live.definition;
  const names = new Set(interestsOf(journey).exit);
  if (names.size === 0) return undefined;
  const lastAt = candidate.activity.lastAt ?? 0;
  const past = lastAt > run.at ? (await deps.profiles.history(candidate.key, { from: run.at, names })).events : [];
  // Events without timestamps, sent in one batch, have one instant: then their order tells.
  const behind = candidate.fresh.slice(candidate.fresh.indexOf(candidate.event) + 1);
  const later = [...past.filter(({ at }) => at > run.at), ...behind.filter(({ at }) => at >= run.at)].filter(
    ({ name }) => name !== undefined && names.has(name),
  );
  const { trait } = worldHere(candidate);
  const provisional = { ...run, status: 'open' as const, leg: 0, step: 0, visits: {} };
  for (const event of later) {
    const exit = exitOf(journey, provisional, event, trait);
    if (exit) return exit;
  }
  return undefined;
}
