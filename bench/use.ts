import type { Cloud } from '../local/running-cloud.ts';
import type { Counts, Meter } from './meter.ts';

/** Calls and invocations. */
export interface Use {
  counts: Counts;
  /** By function. */
  invocations: Record<string, number>;
}

/** Since the last reset of both. */
export const useOf = (cloud: Cloud, meter: Meter): Use => ({
  counts: structuredClone(meter.counts),
  invocations: Object.fromEntries(
    Object.entries(cloud.lambdas.counts()).map(([name, { invocations }]) => [name, invocations]),
  ),
});

export const added = (one: Use, other: Use): Use => combined(one, other, 1);
export const withoutUse = (all: Use, part: Use): Use => combined(all, part, -1);

const combined = (one: Use, other: Use, sign: 1 | -1): Use => {
  const [a, b] = [one.counts, other.counts];
  const sums = (some: Record<string, number>, more: Record<string, number>) => sumsOf(some, more, sign);
  return {
    counts: {
      reads: a.reads + sign * b.reads,
      dueReads: a.dueReads + sign * b.dueReads,
      writes: a.writes + sign * b.writes,
      dynamo: sums(a.dynamo, b.dynamo),
      units: sums(a.units, b.units),
      sqs: sums(a.sqs, b.sqs),
      s3: sums(a.s3, b.s3),
    },
    invocations: sums(one.invocations, other.invocations),
  };
};

/** Leaves out sums of zero. */
function sumsOf(one: Record<string, number>, other: Record<string, number>, sign: 1 | -1): Record<string, number> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const sums = [...names].map((name) => [name, (one[name] ?? 0) + sign * (other[name] ?? 0)] as const);
  return Object.fromEntries(sums.filter(([, sum]) => Math.abs(sum) > 1e-9));
}
