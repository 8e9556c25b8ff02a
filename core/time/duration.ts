import * as z from 'zod';

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const FORM = /^(\d{1,10})([smhdw])$/;
/** A hundred years: later instants would exceed the range of dates. */
const LONGEST_MS = 36_500 * UNIT_MS.d;

/** Returns the milliseconds of a duration, or undefined if the text is none. */
function parseDuration(text: string): number | undefined {
  const [, digits, unit] = FORM.exec(text) ?? [];
  // FORM lets only the keys of UNIT_MS through.
  const ms = Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return ms <= LONGEST_MS ? ms : undefined;
}

/** `"90s"`, `"10m"`, `"24h"`, `"30d"` (a day is 24 h), `"4w"`; at most 36,500 days. */
const A_DURATION = 'must be a duration such as "90s", "10m", "24h", "30d" or "4w", at most "36500d"';
export const DurationSchema = z.string(A_DURATION).refine((text) => parseDuration(text) !== undefined, A_DURATION);

/** A duration that is not zero. */
export const PositiveDurationSchema = DurationSchema.refine(
  (text) => parseDuration(text) !== 0,
  'must be longer than zero',
);

/** A duration that is not zero, and not longer than this one. */
export const durationUpTo = (longest: string) =>
  PositiveDurationSchema.refine(
    (text) => (parseDuration(text) ?? 0) <= durationMs(longest),
    `must be at most "${longest}"`,
  );

/** A duration that is neither shorter nor longer than these. */
export const durationWithin = (shortest: string, longest: string) =>
  durationUpTo(longest).refine(
    // A text that is no duration gets no second error.
    (text) => (parseDuration(text) ?? Number.POSITIVE_INFINITY) >= durationMs(shortest),
    `must be at least "${shortest}"`,
  );

/** A duration in the past, or one in the future: `"-3d"` means in three days. */
const A_SIGNED_DURATION = 'must be a duration such as "30d" (ago) or "-3d" (to come), at most "36500d"';
export const SignedDurationSchema = z
  .string(A_SIGNED_DURATION)
  .refine((text) => parseDuration(text.replace(/^-/, '')) !== undefined, A_SIGNED_DURATION);

/** Milliseconds of a signed duration. @throws RangeError where `SignedDurationSchema` would refuse it. */
export const signedDurationMs = (text: string): number =>
  text.startsWith('-') ? -durationMs(text.slice(1)) : durationMs(text);

/** Milliseconds of a duration. @throws RangeError where `DurationSchema` would refuse it. */
export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`not a duration: ${text}`);
  return ms;
}
