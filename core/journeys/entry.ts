import { matchesWhere } from '../conditions/match.ts';
import { valuesAt } from '../conditions/paths.ts';
import type { World } from '../conditions/world.ts';
import type { CairnEvent } from '../events/event.ts';
import type { EpochMs } from '../ids.ts';
import { durationMs } from '../time/duration.ts';
import { isTimed } from './dates.ts';
import { interestsOf } from './interests.ts';
import { keyText } from './key-text.ts';
import { entryData } from './run-data.ts';
import type { Journey } from './schema.ts';

/** The key and data with which this event enters the journey `id`; undefined: it does not (another event, no match, or no key). */
export function entryOf(
  id: string,
  journey: Journey,
  event: CairnEvent,
  world: Pick<World, 'trait'>,
): { key: string; data: Record<string, unknown> } | undefined {
  const { entry } = journey;
  if (event.name === undefined || !interestsOf(journey).entry.includes(event.name)) return undefined;
  if ('tag' in entry) return turns(entry.tag, entry, event) ? { key: '', data: {} } : undefined;
  if ('segment' in entry) return turns(`segment:${entry.segment}`, entry, event) ? { key: '', data: {} } : undefined;
  if (isTimed(entry))
    return event.properties?.journey === id ? { key: String(event.properties.key), data: {} } : undefined;
  if (!('event' in entry)) return undefined;
  const data = entryData(event.properties);
  if (!matchesWhere(entry.where, event, { trait: (name) => world.trait(name), data })) return undefined;
  const key = entry.key === undefined ? '' : keyText(valuesAt(event.properties, entry.key)[0]);
  return key === undefined ? undefined : { key, data };
}

/** Who was in (or out) when the rule came is let in only where the entry says so. */
const turns = (rule: string, { backfilled }: { backfilled?: boolean }, { properties }: CairnEvent): boolean =>
  properties?.rule === rule && (backfilled === true || properties.backfilled !== true);

/** Of a date that comes every year, the key is the year: once a year, whatever else. A schedule recurs where nothing else is said. */
export const reentryOf = ({ entry, reentry }: Journey): NonNullable<Journey['reentry']> =>
  'date' in entry ? 'never' : (reentry ?? ('schedule' in entry ? 'always' : 'never'));

/** Whether one whose last entry was at `lastAt` may enter at `at`. */
export function mayReenter(journey: Journey, lastAt: EpochMs, at: EpochMs): boolean {
  const reentry = reentryOf(journey);
  if (typeof reentry === 'string') return reentry === 'always';
  return at - lastAt >= durationMs(reentry.after);
}
