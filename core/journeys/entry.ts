import type { EvaluationContext } from '../conditions/evaluation-context.ts';
import { matchesWhere } from '../conditions/match.ts';
import { valuesAt } from '../conditions/paths.ts';
import type { CairnEvent } from '../events/event.ts';
import type { EpochMs } from '../ids.ts';
import { keyText } from '../key-text.ts';
import { durationMs } from '../time/duration.ts';
import { entryData } from './run-data.ts';
import type { Journey } from './schema.ts';
import { subscribedEventsOf } from './subscribed-events.ts';
import { isTimed } from './timed-entries.ts';

/** Returns the key and data with which this event enters the journey `id`, or undefined if it does not enter (another event, no match, or no key). */
export function entryOf(
  id: string,
  journey: Journey,
  event: CairnEvent,
  context: Pick<EvaluationContext, 'trait'>,
): { key: string; data: Record<string, unknown> } | undefined {
  const { entry } = journey;
  if (event.name === undefined || !subscribedEventsOf(journey).entry.includes(event.name)) return undefined;
  if ('tag' in entry) return turns(entry.tag, entry, event) ? { key: '', data: {} } : undefined;
  if ('segment' in entry) return turns(`segment:${entry.segment}`, entry, event) ? { key: '', data: {} } : undefined;
  if (isTimed(entry))
    return event.properties?.journey === id ? { key: String(event.properties.key), data: {} } : undefined;
  if (!('event' in entry)) return undefined;
  const data = entryData(event.properties);
  if (!matchesWhere(entry.where, event, { trait: (name) => context.trait(name), data })) return undefined;
  const key = entry.key === undefined ? '' : keyText(valuesAt(event.properties, entry.key)[0]);
  return key === undefined ? undefined : { key, data };
}

/** Profiles that were in (or out) when the rule was published enter only if the entry says so. */
const turns = (rule: string, { backfilled }: { backfilled?: boolean }, { properties }: CairnEvent): boolean =>
  properties?.rule === rule && (backfilled === true || properties.backfilled !== true);

/** Age up to which an event starts a run, unless the entry's `fresh` says otherwise. */
export const DEFAULT_FRESH = '24h';

/** Default re-entry of schedules and dates is `always`. A date enters once for each key (year, month or date) in any case. */
export const reentryOf = ({ entry, reentry }: Journey): NonNullable<Journey['reentry']> =>
  reentry ?? (isTimed(entry) ? 'always' : 'never');

/** The keys of a date entry are its occurrences: each enters once, and re-entry applies to all of them together. */
export const isOverKeys = ({ entry }: Journey): boolean => 'date' in entry;

/** Returns whether re-entry depends on earlier entries. */
export const asksForEntries = (journey: Journey): boolean => isOverKeys(journey) || reentryOf(journey) !== 'always';

/** Returns whether a profile whose last entry with this key was at `lastAt` may enter at `at`. */
export const mayReenter = (journey: Journey, lastAt: EpochMs, at: EpochMs): boolean =>
  !isOverKeys(journey) && mayFollow(reentryOf(journey), lastAt, at);

/** Returns the same for the last entry with any key, if re-entry applies to all keys together. */
export const mayReenterOverKeys = (journey: Journey, lastAt: EpochMs, at: EpochMs): boolean =>
  !isOverKeys(journey) || mayFollow(reentryOf(journey), lastAt, at);

const mayFollow = (reentry: NonNullable<Journey['reentry']>, lastAt: EpochMs, at: EpochMs): boolean =>
  typeof reentry === 'string' ? reentry === 'always' : at - lastAt >= durationMs(reentry.after);
