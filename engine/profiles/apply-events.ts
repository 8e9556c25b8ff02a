import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { foldEvents } from '../../core/conditions/features.ts';
import { valuesAt } from '../../core/conditions/paths.ts';
import { canonicalJson } from '../../core/definitions/canonical.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { ruleTurnedEvent, TESTED } from '../../core/events/internal.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { entryOf } from '../../core/journeys/entry.ts';
import { keyText } from '../../core/key-text.ts';
import { entryRefusedEvent } from '../../core/metrics/run-events.ts';
import {
  type Activity,
  allStay,
  type Effect,
  type EventPlace,
  type NewRun,
  type OpenRun,
  runSlot,
} from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { foldTraits } from '../../core/profiles/traits.ts';
import { orderNamedBy } from '../../core/results/orders.ts';
import type { Flip } from '../../core/tags/evaluate.ts';
import { watchedJourneys } from '../../core/tags/watched-journeys.ts';
import { earliest } from '../../core/time/earliest.ts';
import { caughtUp } from './caught-up.ts';
import { aimedFacts, customerFacts, heldFacts } from './customer-facts.ts';
import type { ProfileDeps } from './deps.ts';
import { endsAmong, publishEnds } from './ended-runs.ts';
import { dueEffects, evaluateTags, memberEffects } from './evaluate-tags.ts';
import { type GoalInput, goalsReached } from './goals.ts';
import { evaluateEntry } from './journey-entry.ts';
import { foldManualTags } from './manual-tags.ts';
import { follows, touches, withMigrations, withoutEnded } from './open-runs.ts';
import { eventOut } from './outgoing.ts';
import { type TagChanges, tagChangesAround } from './tag-change-causes.ts';
import { testRun } from './test-run.ts';
import { nextTime, timesCome } from './timed-entries.ts';
import { traitsAt } from './traits.ts';
import { turnFacts } from './turn-facts.ts';

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
  const before = { key, profile: input.before, activity: input.activity };
  const { activity, flips: backfilled } = await caughtUp(deps, before, snapshot, now);
  const byHand = foldManualTags(activity.tags, fresh, snapshot);
  const features = foldEvents(activity.features, snapshot.features.specs, fresh, now);
  const stay = await withoutEnded(deps, key, activity.openRuns, fresh, snapshot);
  const evaluated = evaluateTags(profile, { features, tags: byHand.tags, openRuns: stay }, snapshot, now);
  const flips = [...byHand.flips, ...evaluated.flips];
  const shown = [
    ...fresh,
    ...backfilled.map(({ id, on }) => ruleTurnedEvent(id, on, version, now, true)),
    ...flips.map(({ id, on }) => ruleTurnedEvent(id, on, version, now)),
    ...timesCome({ ...input, profile: input.before }, now),
  ];
  const ends = shown.slice(fresh.length).some((event) => mayEnter(snapshot, event))
    ? await endsAmong(deps, Object.values(stay), now)
    : [];
  const open = await withoutEnded(deps, key, stay, ends, snapshot);
  await deps.events.send(ends.map((event) => eventOut(key, event)));
  const touched = await touches(deps, activity.openRuns, shown, input.places);
  const hasChanged = traitChanges(input, activity, { ...activity, features }, now);
  const neverLeft = activity.neverLeft && allStay(activity.openRuns, open);
  const flipsUpTo = (count: number) => flipsOf(input, { ...activity, openRuns: stay }, fresh.slice(0, count), now);
  const turns = (entry: CairnEvent) => tagChangesAround({ fresh, backfilled, flips, flipsUpTo }, entry);
  const candidates = { ...input, activity: { ...activity, neverLeft }, fresh: shown, turns, ends };
  const entered = await entries(deps, candidates, { tags: evaluated.tags, features }, open, now);
  const replaced = entered.flatMap(({ journey, key: runKey }) => open[runSlot(journey, runKey)] ?? []);
  await publishEnds(deps, key, replaced, now);
  const reported = await publishReportFacts(deps, { ...input, activity, entered, turned: [], now }, evaluated.tags);
  const migrations = withMigrations(withEntered(open, entered), fresh);
  const timedAt = nextTime({ ...input, activity: { ...activity, features } }, now);
  const next = earliest(evaluated.changesAt, timedAt, isAskedForByRules(snapshot, entered) ? now : undefined);
  const due = dueEffects(isDue ? undefined : activity.dueAt, next, now);

  const pending: Effect[] = [
    ...memberEffects(changed(input.activity.tags, evaluated.tags), version, now),
    ...touched.map((effect) => markReplaced(effect, replaced)),
    ...(await follows(deps, activity.openRuns, hasChanged)),
    ...migrations.effects,
    ...redemptions(snapshot, fresh),
    ...reported,
    ...entered.map((run): Effect => ({ kind: 'enter', run, at: now })),
    ...due.effects,
  ];
  return {
    ...activity,
    features,
    lastAt: Math.max(activity.lastAt ?? 0, ...fresh.map((event) => event.at)),
    version,
    tags: evaluated.tags,
    openRuns: migrations.open,
    neverLeft,
    dueAt: due.dueAt,
    pending,
    pv: profile?.pv ?? activity.pv,
    arrivalsOf: snapshot.arrivals.version,
    snapshotOf: snapshot.version,
    timesUntil: now,
  };
}

/** Publishes what these events are to goals and reports. Returns the effects that tell what the changes of tags are. */
async function publishReportFacts(deps: ProfileDeps, input: GoalInput, tags: Activity['tags']): Promise<Effect[]> {
  const { key, profile, activity, fresh, entered, snapshot, now } = input;
  const { trait } = traitsAt(profile, activity, snapshot, now);
  await deps.metricEvents.publish([
    ...(await goalsReached(deps, input)),
    ...customerFacts(key, fresh, snapshot),
    ...aimedFacts(key, fresh, snapshot, trait),
    ...heldFacts(key, entered, snapshot, { ...activity.tags, ...tags }),
  ]);
  return turnFacts(deps, input, changed(activity.tags, tags), activity.version + 1);
}

/**
 * Returns whether this change of a tag, or instant, starts a run of a live journey. Nobody knew before that it would come: so the ended runs that the
 * profile lists are looked up only now, to make room for it.
 */
const mayEnter = (snapshot: Snapshot, event: CairnEvent): boolean =>
  snapshot.journeys.some(
    ({ id, definition }) => entryOf(id, definition, event, { trait: () => undefined }) !== undefined,
  );

/** A run that one of these events ends, and that another run of the same journey and key has replaced. */
const markReplaced = (effect: Effect, replaced: readonly OpenRun[]): Effect =>
  effect.kind === 'touch' && replaced.some(({ entry }) => entry === effect.entry)
    ? { ...effect, isReplaced: true }
    : effect;

function withEntered(open: Activity['openRuns'], entered: NewRun[]): Activity['openRuns'] {
  const openRuns = { ...open };
  for (const { entry, journey, version, key, at, isTest } of entered)
    openRuns[runSlot(journey, key)] = { entry, journey, version, key, at, ...(isTest && { isTest }) };
  return openRuns;
}

/** Returns the tags and segments that change if only these first ones of the events are applied to `activity`. */
function flipsOf({ before, profile, snapshot }: Input, activity: Activity, first: CairnEvent[], now: EpochMs): Flip[] {
  const { tags, flips } = foldManualTags(activity.tags, first, snapshot);
  const then = foldTraits(before, profile?.identity, first, snapshot.settings);
  const features = foldEvents(activity.features, snapshot.features.specs, first, now);
  return [...flips, ...evaluateTags(then, { features, tags, openRuns: activity.openRuns }, snapshot, now).flips];
}

/** Entries are processed after tags: if a rule asks for an open run of such a journey, `process-due-profiles` evaluates it again at once. */
const isAskedForByRules = (snapshot: Snapshot, entered: NewRun[]): boolean =>
  entered.some(({ journey }) => watchedJourneys(snapshot.rules).has(journey));

/** Returns the tags that are on or off now and were not before. A tag that changed twice in one commit has not changed. */
export function changed(before: Activity['tags'], after: Activity['tags']): { id: string; on: boolean }[] {
  const ids = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...ids]
    .filter((id) => Object.hasOwn(before, id) !== Object.hasOwn(after, id))
    .map((id) => ({ id, on: Object.hasOwn(after, id) }));
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

function redemptions(snapshot: Snapshot, fresh: CairnEvent[]): Effect[] {
  return snapshot.pools.flatMap((pool) =>
    pool.redeemedBy.flatMap(({ event: name, code }) =>
      fresh.flatMap((event): Effect[] => {
        const value = event.name === name ? keyText(valuesAt(event.properties, code)[0]) : undefined;
        const by = event.key === 'client' ? { isClient: true as const } : {};
        const order = orderNamedBy(event, snapshot.settings.money);
        const sold = order === undefined ? {} : { order };
        return value === undefined
          ? []
          : [{ kind: 'redeem', pool: pool.id, code: value, at: event.at, ...by, ...sold }];
      }),
    ),
  );
}

/** Returns the new runs of live journeys, in the order of events. While a run of the same journey and key is open, another entry is ignored. */
async function entries(
  deps: ProfileDeps,
  input: Input & { turns: (entry: CairnEvent) => TagChanges; ends: readonly CairnEvent[] },
  evaluated: Pick<Activity, 'tags' | 'features'>,
  open: Activity['openRuns'],
  now: EpochMs,
): Promise<NewRun[]> {
  const runs: NewRun[] = [];
  const taken = { ...open };
  for (const event of input.fresh) {
    const test = event.name === TESTED ? testRun(event, input, taken) : undefined;
    if (test !== undefined) {
      taken[runSlot(test.journey, test.key)] = test;
      runs.push(test);
    }
    for (const live of input.snapshot.journeys) {
      const admission = await evaluateEntry(deps, { ...input, evaluated, open: taken, live, event, now });
      if (admission === undefined) continue;
      if ('refused' in admission) {
        const { refused } = admission;
        deps.traceRefusal?.(event, refused);
        if (refused === 'paused' || refused === 'full')
          await deps.metricEvents.publish([entryRefusedEvent(live.id, event, { reason: refused, profile: input.key })]);
        continue;
      }
      taken[runSlot(admission.run.journey, admission.run.key)] = admission.run;
      runs.push(admission.run);
    }
  }
  return runs;
}
