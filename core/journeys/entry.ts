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

/** The key and data with which this event enters the journey `id`; undefined: it does not (another event, no match, or no key). */
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

/** Who was in (or out) when the rule came is let in only where the entry says so. */
const turns = (rule: string, { backfilled }: { backfilled?: boolean }, { properties }: CairnEvent): boolean =>
  properties?.rule === rule && (backfilled === true || properties.backfilled !== true);

/** A schedule and a date come again where nothing else is said; a date once for each key (year, month or date) whatever is said. */
export const reentryOf = ({ entry, reentry }: Journey): NonNullable<Journey['reentry']> =>
  reentry ?? (isTimed(entry) ? 'always' : 'never');

/** The keys of a date are its occurrences: each lets in once, and re-entry is of all of them together. */
export const isOverKeys = ({ entry }: Journey): boolean => 'date' in entry;

/** Whether former entries have to be known to say who may enter. */
export const asksForEntries = (journey: Journey): boolean => isOverKeys(journey) || reentryOf(journey) !== 'always';

/** Whether one whose last entry with this key was at `lastAt` may enter at `at`. */
export const mayReenter = (journey: Journey, lastAt: EpochMs, at: EpochMs): boolean =>
  !isOverKeys(journey) && mayFollow(reentryOf(journey), lastAt, at);

/** The same of the last entry with whatever key, where re-entry is of all keys together. */
export const mayReenterOverKeys = (journey: Journey, lastAt: EpochMs, at: EpochMs): boolean =>
  !isOverKeys(journey) || mayFollow(reentryOf(journey), lastAt, at);

const mayFollow = (reentry: NonNullable<Journey['reentry']>, lastAt: EpochMs, at: EpochMs): boolean =>
  typeof reentry === 'string' ? reentry === 'always' : at - lastAt >= durationMs(reentry.after);
