import type { EpochMs } from '../ids.ts';
import type { Audience } from '../metrics/metric-event.ts';
import type { HeldTag } from '../profiles/activity.ts';

/** Most tags and segments of a fact, and most characters of a trait's value: hundreds of facts share a message. */
const MAX_NAMES = 100;
const MAX_CHARACTERS = 100;
const SEGMENT = 'segment:';

/** The recipient's tags, segments and traits now. `traits` names those by which reports may be divided. */
export function audienceOf(
  held: Readonly<Record<string, HeldTag>>,
  traits: readonly string[],
  trait: (name: string) => unknown,
  now: EpochMs,
): Audience {
  const names = Object.keys(held)
    .filter((name) => (held[name]?.until ?? Number.POSITIVE_INFINITY) > now)
    .toSorted()
    .slice(0, MAX_NAMES);
  const [segments, tags] = [true, false].map((isSegment) =>
    names.filter((name) => name.startsWith(SEGMENT) === isSegment),
  );
  return {
    tags: tags ?? [],
    segments: (segments ?? []).map((name) => name.slice(SEGMENT.length)),
    traits: Object.fromEntries(
      traits.flatMap((name) => {
        const text = textOf(trait(name));
        return text === undefined ? [] : [[name, text]];
      }),
    ),
  };
}

/** Lists and objects are no value to divide by. Half a character, such as a cut leaves, is no JSON to the engine that reads the facts. */
const textOf = (value: unknown): string | undefined =>
  ['string', 'number', 'boolean'].includes(typeof value)
    ? String(value).slice(0, MAX_CHARACTERS).toWellFormed()
    : undefined;
