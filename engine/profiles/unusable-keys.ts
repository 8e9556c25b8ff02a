import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { valuesAt } from '../../core/conditions/paths.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { TRIGGERED } from '../../core/events/internal.ts';
import { isKeyTooLong, keyText, plainText } from '../../core/key-text.ts';
import { type Activity, runSlot } from '../../core/profiles/activity.ts';
import { fitsRun } from '../../core/profiles/size-limits.ts';
import { type Warning, warningOf } from '../../core/profiles/warnings.ts';

const isUnusable = (value: unknown): boolean => {
  const key = plainText(value);
  return key !== undefined && isKeyTooLong(key);
};

/** Warns about run keys and coupon codes that are too long for a table: the event counts, but it enters nobody and redeems no code. */
export function unusableKeys({ journeys, pools }: Snapshot, events: readonly CairnEvent[]): Warning[] {
  return events.flatMap((event) => [
    ...journeys.flatMap(({ id, definition: { entry } }) => {
      const isEntry = 'event' in entry && entry.event === event.name && entry.key !== undefined;
      const isTrigger = event.name === TRIGGERED && event.properties?.journey === id;
      const value = isTrigger
        ? event.properties?.key
        : isEntry
          ? valuesAt(event.properties, entry.key ?? '')[0]
          : undefined;
      return isUnusable(value) ? [warningOf('key-too-long', id, event)] : [];
    }),
    ...pools.flatMap(({ id, redeemedBy }) =>
      redeemedBy.some(({ event: name, code }) => name === event.name && isUnusable(event.properties?.[code]))
        ? [warningOf('code-too-long', id, event)]
        : [],
    ),
  ]);
}

/** Warns about entries that may have no room beside the open runs. Each key makes at most one run. */
export function crowdedOut(
  { journeys }: Snapshot,
  openRuns: Activity['openRuns'],
  events: readonly CairnEvent[],
): Warning[] {
  const open = { ...openRuns };
  return events.flatMap((event) =>
    journeys.flatMap(({ id, definition: { entry } }) => {
      if (!('event' in entry) || entry.event !== event.name || entry.key === undefined) return [];
      const key = keyText(valuesAt(event.properties, entry.key)[0]);
      if (key === undefined || Object.hasOwn(open, runSlot(id, key))) return [];
      const run = { entry: '', journey: id, version: 0, key, at: event.at };
      if (!fitsRun(Object.values(open), run)) return [warningOf('too-many-runs', id, event)];
      open[runSlot(id, key)] = run;
      return [];
    }),
  );
}
