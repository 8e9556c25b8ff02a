import { evaluate } from '../../core/conditions/evaluate.ts';
import { featureSource, timelineSource } from '../../core/conditions/event-source.ts';
import { referencesOf } from '../../core/conditions/references.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { TRIGGERED, TURNED_OFF, TURNED_ON } from '../../core/events/internal.ts';
import { entryIdOf } from '../../core/ids.ts';
import { DEFAULT_FRESH, entryOf } from '../../core/journeys/entry.ts';
import { exitOf } from '../../core/journeys/exit-and-resume.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { subscribedEventsOf } from '../../core/journeys/subscribed-events.ts';
import { isKeyTooLong } from '../../core/key-text.ts';
import type { Exit, NewRun } from '../../core/profiles/activity.ts';
import { fitsRun } from '../../core/profiles/size-limits.ts';
import { durationMs } from '../../core/time/duration.ts';
import { windowOf } from '../runs/timeline.ts';
import type { Refusal } from './deps.ts';
import type { EntryCandidate, EntryDeps } from './entry-candidate.ts';
import { evaluationContextOf } from './evaluate-tags.ts';
import { refusedBefore } from './reentry.ts';

/** Evaluates whether `event` starts a run of the live journey. Returns undefined if the event does not concern the journey. */
export async function evaluateEntry(
  deps: EntryDeps,
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
    ...(candidate.profile?.timezone === undefined ? {} : { timezone: candidate.profile.timezone }),
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

/** If another journey starts this one, returns the version that it pinned, or undefined if that version has been archived since. */
async function asPinned(deps: EntryDeps, candidate: EntryCandidate): Promise<EntryCandidate | undefined> {
  const { event, live, snapshot } = candidate;
  const version = event.name === TRIGGERED ? event.properties?.version : undefined;
  if (typeof version !== 'number' || version === live.version) return candidate;
  if (version <= (snapshot.archived[live.id] ?? 0)) return undefined;
  const pinned = await deps.catalog.version('journeys', live.id, version);
  // A version that was never published has no state machine.
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
  // `triggered` in core/events/internal.ts writes these properties.
  const data = event.properties.data as Record<string, unknown>;
  const key = String(event.properties.key ?? '');
  return isKeyTooLong(key) ? undefined : { key, data };
}

const freshOf = (journey: Journey): string =>
  'event' in journey.entry ? (journey.entry.fresh ?? DEFAULT_FRESH) : DEFAULT_FRESH;

function contextHere({ profile, evaluated, open: openRuns, snapshot, now }: EntryCandidate) {
  return evaluationContextOf(
    profile,
    { ...evaluated, openRuns },
    snapshot,
    now,
    featureSource(evaluated.features, snapshot.features.specs),
  );
}

/** An audience that asks for events is evaluated on the timeline, because no features are kept for it. */
async function inAudience(deps: EntryDeps, candidate: EntryCandidate, data: Record<string, unknown>): Promise<boolean> {
  const { audience } = candidate.live.definition;
  if (audience === undefined) return true;
  const context = { ...contextHere(candidate), data };
  if (referencesOf(audience).events.length === 0) return evaluate(audience, context).is;
  const { events } = await deps.profiles.history(candidate.key, windowOf([audience], candidate.now));
  return evaluate(audience, { ...context, events: timelineSource([...events, ...(candidate.ends ?? [])]) }).is;
}

function asksForTurns(journey: Journey): boolean {
  const { exit, resolve } = subscribedEventsOf(journey);
  return [...exit, ...resolve].some((name) => name === TURNED_ON || name === TURNED_OFF);
}

/**
 * Returns the exit whose timestamp is later than the entry, even if it arrived before the entry or with it. Of the tag changes, only those in `later`
 * count, not those of the entry event.
 */
async function exitAfter(
  deps: EntryDeps,
  candidate: EntryCandidate,
  run: NewRun,
  later: readonly string[],
): Promise<Exit | undefined> {
  const journey = candidate.live.definition;
  const names = new Set(subscribedEventsOf(journey).exit);
  if (names.size === 0) return undefined;
  const lastAt = candidate.activity.lastAt ?? 0;
  const past = lastAt > run.at ? (await deps.profiles.history(candidate.key, { from: run.at, names })).events : [];
  // Events without timestamps in one batch have the same instant: then their order decides.
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
