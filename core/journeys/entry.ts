import { matchesWhere } from '../conditions/match.ts';
import { valuesAt } from '../conditions/paths.ts';
import type { World } from '../conditions/world.ts';
import type { CairnEvent } from '../events/event.ts';
import type { EpochMs } from '../ids.ts';
import { durationMs } from '../time/duration.ts';
import { entryData } from './run-data.ts';
import type { Journey } from './schema.ts';

export { interestsOf } from './interests.ts';

/** The key and data with which this event enters; undefined: it does not (another event, no match, or no key). */
export function entryOf(
  journey: Journey,
  event: CairnEvent,
  world: Pick<World, 'trait'>,
): { key: string; data: Record<string, unknown> } | undefined {
  const { entry } = journey;
  if (!('event' in entry) || entry.event !== event.name) return undefined;
  const data = entryData(event.properties);
  if (!matchesWhere(entry.where, event, { trait: (name) => world.trait(name), data })) return undefined;
  const key = entry.key === undefined ? '' : keyOf(event.properties, entry.key);
  return key === undefined ? undefined : { key, data };
}

/** A string, number or boolean at the path, as text; anything else is no key. */
function keyOf(properties: Record<string, unknown> | undefined, path: string): string | undefined {
  const [value] = valuesAt(properties, path);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, 255) : undefined;
}

/** Whether one whose last entry was at `lastAt` may enter at `at`. */
export function mayReenter(journey: Journey, lastAt: EpochMs, at: EpochMs): boolean {
  const reentry = journey.reentry ?? 'never';
  if (typeof reentry === 'string') return reentry === 'always';
  return at - lastAt >= durationMs(reentry.after);
}
