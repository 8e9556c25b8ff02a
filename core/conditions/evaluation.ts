import type { EpochMs } from '../ids.ts';
import type { Verdict } from './verdict.ts';

/** A verdict that says whether the truth really changes at `changesAt`, or only may. */
export interface Evaluation extends Verdict {
  /** Absent: `changesAt` is exact. */
  early?: true;
}

export const TRUE: Evaluation = { is: true };
export const FALSE: Evaluation = { is: false };
export const constant = (is: boolean): Evaluation => (is ? TRUE : FALSE);

/** True until `at` (exclusive), then false, if `before`; else the other way round. */
export const turning = (before: boolean, at: EpochMs, now: EpochMs): Evaluation =>
  at > now ? { is: before, changesAt: at } : constant(!before);

export const negated = ({ is, ...rest }: Evaluation): Evaluation => ({ is: !is, ...rest });

export const anyOf = (parts: readonly Evaluation[]): Evaluation => combined(parts, true);

export const allOf = (parts: readonly Evaluation[]): Evaluation => combined(parts, false);

/**
 * One part that is `decisive` (true for any, false for all) decides. While none is, the first part that changes decides, at exactly that instant.
 * While some are, the result holds at least until the last of them has changed: another may be decisive by then.
 */
function combined(parts: readonly Evaluation[], decisive: boolean): Evaluation {
  const [sole] = parts;
  if (sole && parts.length === 1) return sole;
  const deciding = parts.filter(({ is }) => is === decisive);
  if (deciding.length === 0) return soonest(parts, !decisive);
  return latest(deciding, parts, decisive);
}

function soonest(parts: readonly Evaluation[], is: boolean): Evaluation {
  let first: Evaluation | undefined;
  for (const part of parts) {
    if (part.changesAt === undefined) continue;
    if (first?.changesAt === undefined || part.changesAt < first.changesAt) first = part;
    else if (part.changesAt === first.changesAt && first.early) first = part;
  }
  return { ...first, is };
}

function latest(deciding: readonly Evaluation[], parts: readonly Evaluation[], is: boolean): Evaluation {
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
