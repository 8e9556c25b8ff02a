import type { EpochMs } from '../ids.ts';
import type { Verdict } from './evaluation-context.ts';

/** A verdict that says of itself whether the truth really differs at `changesAt` (else it only may). */
export interface Judged extends Verdict {
  /** Absent: `changesAt` is exact. */
  early?: true;
}

export const TRUE: Judged = { is: true };
export const FALSE: Judged = { is: false };
export const constant = (is: boolean): Judged => (is ? TRUE : FALSE);

/** True until `at` (exclusive), then false, if `before`; else the other way round. */
export const turning = (before: boolean, at: EpochMs, now: EpochMs): Judged =>
  at > now ? { is: before, changesAt: at } : constant(!before);

export const negated = ({ is, ...rest }: Judged): Judged => ({ is: !is, ...rest });

export const anyOf = (parts: readonly Judged[]): Judged => combined(parts, true);

export const allOf = (parts: readonly Judged[]): Judged => combined(parts, false);

/**
 * One part that is `decisive` (true for any, false for all) decides. While none does, the first part to turn changes the whole,
 * at exactly that instant. While some do, the whole holds at least until the last of them has turned: by then another may decide.
 */
function combined(parts: readonly Judged[], decisive: boolean): Judged {
  const [sole] = parts;
  if (sole && parts.length === 1) return sole;
  const deciding = parts.filter(({ is }) => is === decisive);
  if (deciding.length === 0) return soonest(parts, !decisive);
  return latest(deciding, parts, decisive);
}

function soonest(parts: readonly Judged[], is: boolean): Judged {
  let first: Judged | undefined;
  for (const part of parts) {
    if (part.changesAt === undefined) continue;
    if (first?.changesAt === undefined || part.changesAt < first.changesAt) first = part;
    else if (part.changesAt === first.changesAt && first.early) first = part;
  }
  return { ...first, is };
}

function latest(deciding: readonly Judged[], parts: readonly Judged[], is: boolean): Judged {
  let changesAt = 0;
  for (const part of deciding) {
    if (part.changesAt === undefined) return constant(is);
    changesAt = Math.max(changesAt, part.changesAt);
  }
  const [only] = deciding;
  const others = parts.filter((part) => part !== only);
  const alone = others.every((part) => part.is !== is && (part.changesAt === undefined || part.changesAt > changesAt));
  return alone && !only?.early ? { is, changesAt } : { is, changesAt, early: true };
}
