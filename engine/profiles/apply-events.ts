import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { topOf } from '../../core/conditions/comparison.ts';
import { foldEvents } from '../../core/conditions/features.ts';
import { valuesAt } from '../../core/conditions/paths.ts';
import { canonicalJson } from '../../core/definitions/canonical.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { RUN_ENDED, TAG_ADDED, TAG_REMOVED, timeCame, turned } from '../../core/events/internal.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { asksForEntries, isOverKeys } from '../../core/journeys/entry.ts';
import { followedTraits } from '../../core/journeys/followed-traits.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import { isTimed, nextTimedInstant, timedInstants } from '../../core/journeys/timed-entries.ts';
import { keyText } from '../../core/key-text.ts';
import { journeyScope } from '../../core/messages/source.ts';
import { entryRefusedEvent } from '../../core/metrics/metric-event.ts';
import {
  type Activity,
  allStay,
  anyKeySlot,
  type Effect,
  type EventPlace,
  type NewRun,
  type OpenRun,
  runSlot,
} from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { foldTraits } from '../../core/profiles/traits.ts';
import type { Flip } from '../../core/tags/evaluate.ts';
import { watchedJourneys } from '../../core/tags/watched-journeys.ts';
import { caughtUp } from './caught-up.ts';
import type { ProfileDeps } from './deps.ts';
import { dueEffects, evaluateTags, memberEffects } from './evaluate-tags.ts';
import { goalsReached } from './goals.ts';
import { evaluateEntry } from './journey-entry.ts';
import { type Turns, turnsBeside } from './own-turns.ts';
import { traitsAt } from './traits.ts';

interface Input {
  key: ProfileKey;
  /** The profile before these events, and after them. */
  before: Profile | undefined;
  profile: Profile | undefined;
  activity: Activity;
  /** Places of the events in the timeline. */
  places?: ReadonlyMap<string, EventPlace>;
  /** Uncommitted events in order. Empty if only time has passed or rules have changed. */
  fresh: CairnEvent[];
  snapshot: Snapshot;
  pointer: Pointer;
  /** The instant that was due is being processed, so the next one may be later than the stored one. */
  isDue?: boolean;
}

/**
 * Returns the next `#ACTIVITY` after these events, or after time alone, with the effects to execute. It processes each event in this order: tags,
 * exits and waits, entries.
 */
export async function applyEvents(deps: ProfileDeps, input: Input): Promise<Activity> {
  const { key, profile, fresh, snapshot, isDue } = input;
  const now = deps.clock();
  const version = input.activity.version + 1;
  const was = { key, profile: input.before, activity: input.activity };
  const { activity, flips: backfilled } = await caughtUp(deps, was, snapshot, now);
  const byHand = foldHandTags(activity.tags, fresh, snapshot);
  const features = foldEvents(activity.features, snapshot.features.specs, fresh, now);
  const stay = await withoutEnded(deps, key, activity.openRuns, fresh, snapshot);
  const evaluated = evaluateTags(profile, { features, tags: byHand.tags, openRuns: stay }, snapshot, now);
  const flips = [...byHand.flips, ...evaluated.flips];
  const shown = [
    ...fresh,
    ...backfilled.map(({ id, on }) => turned(id, on, version, now, true)),
    ...flips.map(({ id, on }) => turned(id, on, version, now)),
    ...timesCome(input, now),
  ];
  const touched = await touches(deps, activity.openRuns, shown, input.places);
  const hasChanged = traitChanges(input, activity, { ...activity, features }, now);
  const neverLeft = activity.neverLeft && allStay(activity.openRuns, stay);
  const flipsUpTo = (count: number) => flipsBy(fresh.slice(0, count), input, { ...activity, openRuns: stay }, now);
  const turns = (entry: CairnEvent) => turnsBeside({ fresh, backfilled, flips, flipsUpTo }, entry);
  const candidates = { ...input, activity: { ...activity, neverLeft }, fresh: shown, turns };
  const entered = await entries(deps, candidates, { tags: evaluated.tags, features }, stay, now);
  await deps.metricEvents.publish(await goalsReached(deps, { key, profile, activity, fresh, entered, snapshot, now }));
  const due = dueEffects(
    isDue ? undefined : activity.dueAt,
    earliest(
      evaluated.changesAt,
      nextTime({ ...input, activity: { ...activity, features } }, now),
      isWatched(snapshot, entered) ? now : undefined,
    ),
    now,
  );

  const pending: Effect[] = [
    ...memberEffects(changed(input.activity.tags, evaluated.tags), version, now),
    ...touched,
    ...(await follows(deps, activity.openRuns, hasChanged)),
    ...redemptions(snapshot, fresh),
    ...entered.map((run): Effect => ({ kind: 'enter', run })),
    ...due.effects,
  ];
  const lastAt = Math.max(activity.lastAt ?? 0, ...fresh.map((event) => event.at));
  return {
    ...activity,
    features,
    lastAt,
    version,
    tags: evaluated.tags,
    openRuns: { ...stay, ...openedBy(entered) },
    neverLeft,
    dueAt: due.dueAt,
    pending,
    pv: profile?.pv ?? activity.pv,
    arrivalsOf: snapshot.arrivals.version,
    snapshotOf: snapshot.version,
    timesUntil: now,
  };
}

/** What the first of the events alone have turned. */
function flipsBy(
  first: CairnEvent[],
  { before, profile, snapshot }: Input,
  { tags: held, features: counted, openRuns }: Pick<Activity, 'tags' | 'features' | 'openRuns'>,
  now: EpochMs,
): Flip[] {
  const { tags, flips } = foldHandTags(held, first, snapshot);
  const then = foldTraits(before, profile?.identity, first, snapshot.settings);
  const features = foldEvents(counted, snapshot.features.specs, first, now);
  return [...flips, ...evaluateTags(then, { features, tags, openRuns }, snapshot, now).flips];
}

const openedBy = (entered: readonly NewRun[]): Activity['openRuns'] =>
  Object.fromEntries(
    entered.map(({ entry, journey, version, key, at }) => [
      runSlot(journey, key),
      { entry, journey, version, key, at },
    ]),
  );

/** Entries are processed after tags: if a rule asks for an open run of such a journey, `process-due-profiles` evaluates it again at once. */
const isWatched = (snapshot: Snapshot, entered: NewRun[]): boolean =>
  entered.some(({ journey }) => watchedJourneys(snapshot.rules).has(journey));

/** Returns the tags that are on or off now and were not before. A tag that changed twice in one commit has not changed. */
export function changed(before: Activity['tags'], after: Activity['tags']): { id: string; on: boolean }[] {
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...ids]
    .filter((id) => Object.hasOwn(before, id) !== Object.hasOwn(after, id))
    .map((id) => ({ id, on: Object.hasOwn(after, id) }));
}

/** How late a timed entry may still enter. One that was due earlier is skipped. */
const LATE_MS = 24 * 3600_000;

/** Journeys that did not exist at this profile's last evaluation ignore all instants that have passed. */
function timesCome({ before, activity, snapshot }: Input, now: EpochMs): CairnEvent[] {
  const after = Math.max(activity.timesUntil ?? now, now - LATE_MS);
  const known = activity.arrivalsOf ?? 0;
  return timedJourneys(snapshot)
    .filter(({ id }) => (snapshot.arrivals.since[journeyScope(id)] ?? 0) <= known)
    .flatMap(({ id, entry }) =>
      timedInstants(entry, personOf(before, activity, snapshot, now), after, now).map(({ key, at }) =>
        timeCame(id, key, at),
      ),
    );
}

/** Returns the next instant at which a journey's timed entry applies to this customer. */
export const nextTime = (
  { profile, activity, snapshot }: Pick<Input, 'profile' | 'activity' | 'snapshot'>,
  now: EpochMs,
): EpochMs | undefined =>
  earliest(
    ...timedJourneys(snapshot).map(
      ({ entry }) => nextTimedInstant(entry, personOf(profile, activity, snapshot, now), now)?.at,
    ),
  );

const timedJourneys = (snapshot: Snapshot) =>
  snapshot.journeys.flatMap(({ id, definition: { entry } }) => (isTimed(entry) ? [{ id, entry }] : []));

const personOf = (profile: Profile | undefined, activity: Activity, snapshot: Snapshot, now: EpochMs) => ({
  timezone: profile?.timezone ?? snapshot.settings.timezone,
  ...traitsAt(profile, activity, snapshot, now),
});

export function earliest(...instants: (EpochMs | undefined)[]): EpochMs | undefined {
  const known = instants.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Applies tags that were set and removed by hand, by API and by journeys. They cannot change tags that a rule owns. */
function foldHandTags(tags: Activity['tags'], fresh: CairnEvent[], { rules }: Snapshot) {
  const next = { ...tags };
  const flips: { id: string; on: boolean }[] = [];
  for (const event of fresh) {
    if (event.name !== TAG_ADDED && event.name !== TAG_REMOVED) continue;
    const tag = String(event.properties?.tag ?? '');
    // The tag had no rule when the journey that sets it was submitted.
    if (rules.some(({ kind, id }) => kind === 'tag' && id === tag)) continue;
    const held = next[tag];
    if (event.name === TAG_ADDED && held === undefined) {
      next[tag] = { since: event.at, by: event.properties?.by === 'journey' ? 'journey' : 'api' };
      flips.push({ id: tag, on: true });
    }
    if (event.name === TAG_REMOVED && held !== undefined && held.by !== 'rule') {
      delete next[tag];
      flips.push({ id: tag, on: false });
    }
  }
  return { tags: next, flips };
}

/** Removes runs whose end has been published. First stores the data that re-entry still needs of them. */
async function withoutEnded(
  deps: ProfileDeps,
  key: ProfileKey,
  open: Activity['openRuns'],
  fresh: CairnEvent[],
  snapshot: Snapshot,
): Promise<Activity['openRuns']> {
  const ended = new Set(fresh.filter((event) => event.name === RUN_ENDED).map((event) => event.properties?.entry));
  const stay: Activity['openRuns'] = {};
  for (const [slot, run] of Object.entries(open)) {
    if (!ended.has(run.entry)) stay[slot] = run;
    else await putAside(deps, key, slot, run, snapshot);
  }
  return stay;
}

/** Stores the data that re-entry still needs of a run that leaves `openRuns`. */
export async function putAside(
  deps: Pick<ProfileDeps, 'profiles'>,
  key: ProfileKey,
  slot: string,
  { entry, at, journey }: OpenRun,
  snapshot: Snapshot,
): Promise<void> {
  const live = snapshot.journeys.find(({ id }) => id === journey)?.definition;
  if (live !== undefined && !asksForEntries(live)) return;
  await deps.profiles.putEntered(key, slot, { entry, at });
  if (live === undefined || isOverKeys(live)) await deps.profiles.putEntered(key, anyKeySlot(journey), { entry, at });
}

/** Returns the open runs whose journeys (in the version that they entered) exit on one of these events, or wait for one. */
export async function touches(
  deps: Pick<ProfileDeps, 'catalog'>,
  open: Activity['openRuns'],
  fresh: readonly CairnEvent[],
  places: ReadonlyMap<string, EventPlace> = new Map(),
): Promise<Effect[]> {
  const found: Effect[] = [];
  for (const run of Object.values(open)) {
    const journey = await definitionOf(deps, run);
    if (journey === undefined) continue;
    const { exit, resolve } = subscribedEventsOf(journey);
    const names = new Set([...exit, ...resolve]);
    const events = fresh
      .filter((event) => event.name !== undefined && names.has(event.name))
      .map((event) => places.get(event.id) ?? { event });
    if (events.length > 0) found.push({ kind: 'touch', entry: run.entry, events });
  }
  return found;
}

/**
 * Returns whether a trait, or other profile data that dates depend on, may have changed since the last commit. The profile's version shows changes of
 * traits: the executor that wrote it may have died before this commit, or may not commit at all.
 */
function traitChanges({ profile, activity: read, snapshot }: Input, before: Activity, after: Activity, now: EpochMs) {
  if (profile !== undefined && profile.pv !== read.pv) return () => true;
  if (snapshot.computed.length === 0) return () => false;
  const [was, is] = [traitsAt(profile, before, snapshot, now), traitsAt(profile, after, snapshot, now)];
  return (name: string) => canonicalJson(was.trait(name)) !== canonicalJson(is.trait(name));
}

/** Returns the open runs that may rest until a date of the customer that has changed. */
export async function follows(
  deps: Pick<ProfileDeps, 'catalog'>,
  open: Activity['openRuns'],
  hasChanged: (trait: string) => boolean,
): Promise<Effect[]> {
  const found: Effect[] = [];
  for (const run of Object.values(open)) {
    const journey = await definitionOf(deps, run);
    const traits = journey === undefined ? [] : followedTraits(journey);
    if (traits.some((trait) => hasChanged(trait) || hasChanged(topOf(trait))))
      found.push({ kind: 'follow', entry: run.entry });
  }
  return found;
}

export async function definitionOf(deps: Pick<ProfileDeps, 'catalog'>, run: OpenRun): Promise<Journey | undefined> {
  // `PUT` validated what the catalog holds as a journey.
  return (await deps.catalog.version('journeys', run.journey, run.version))?.definition as Journey | undefined;
}

function redemptions(snapshot: Snapshot, fresh: CairnEvent[]): Effect[] {
  return snapshot.pools.flatMap((pool) =>
    pool.redeemedBy.flatMap(({ event: name, code }) =>
      fresh.flatMap((event): Effect[] => {
        const value = event.name === name ? keyText(valuesAt(event.properties, code)[0]) : undefined;
        const by = event.key === 'client' ? { isClient: true as const } : {};
        return value === undefined ? [] : [{ kind: 'redeem', pool: pool.id, code: value, at: event.at, ...by }];
      }),
    ),
  );
}

/** Returns the new runs of live journeys, in the order of events. While a run of the same journey and key is open, another entry is ignored. */
async function entries(
  deps: ProfileDeps,
  input: Input & { turns: (entry: CairnEvent) => Turns },
  evaluated: Pick<Activity, 'tags' | 'features'>,
  open: Activity['openRuns'],
  now: EpochMs,
): Promise<NewRun[]> {
  const runs: NewRun[] = [];
  const taken = { ...open };
  for (const event of input.fresh) {
    for (const live of input.snapshot.journeys) {
      const admission = await evaluateEntry(deps, { ...input, evaluated, open: taken, live, event, now });
      if (admission === undefined) continue;
      if ('refused' in admission) {
        const { refused } = admission;
        deps.traceRefusal?.(event, refused);
        if (refused === 'paused' || refused === 'full')
          await deps.metricEvents.publish([entryRefusedEvent(live.id, event, refused)]);
        continue;
      }
      taken[runSlot(admission.run.journey, admission.run.key)] = admission.run;
      runs.push(admission.run);
    }
  }
  return runs;
}
