import type { Pointer } from '../../core/catalog/snapshot.ts';
import type { Guardrail } from '../../core/definitions/settings.ts';
import type { EpochMs } from '../../core/ids.ts';
import { baselineOf, type GuardScope, minutesOf } from '../../core/metrics/cohorts.ts';
import {
  BASELINE_DAYS,
  lookBackMs,
  type Measured,
  measure,
  nextBreach,
  type Sample,
} from '../../core/policies/guardrails.ts';
import { DAY_MS } from '../../core/time/units.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import type { Cohorts } from './ports.ts';

export const generationOf = ({ generations = {} }: Pick<Pointer, 'generations'>, { owner }: GuardScope): number =>
  generations[owner] ?? 0;

export interface Reading {
  rule: Guardrail;
  measured: Measured;
  /** The next breach if nothing happens until then. */
  next: EpochMs | undefined;
}

/** Measures the rules of one scope. */
export async function readRules(
  { cohorts }: { cohorts: Cohorts },
  {
    scope,
    generation,
    rules,
    now,
  }: { scope: GuardScope; generation: number; rules: readonly Guardrail[]; now: EpochMs },
): Promise<Reading[]> {
  if (rules.length === 0) return [];
  const from = now - Math.max(...rules.map(lookBackMs));
  const hours = await cohorts.hours(scope.name, generation, from, now);
  return Promise.all(
    rules.map(async (rule) => {
      const minutes = minutesOf(hours, rule.metric);
      const baseline = await baselineBefore(cohorts, scope, rule, now);
      return {
        rule,
        measured: measure(rule, minutes, now, baseline),
        next: nextBreach(rule, minutes, now, baseline),
      };
    }),
  );
}

/** Reads the baseline: the whole days before the one in which the window begins. */
async function baselineBefore(
  cohorts: Cohorts,
  { name }: GuardScope,
  rule: Guardrail,
  now: EpochMs,
): Promise<Sample | undefined> {
  if (rule.underBaseline === undefined) return undefined;
  const start = now - lookBackMs(rule);
  const days = await cohorts.days(name, utcDay(start - BASELINE_DAYS * DAY_MS), utcDay(start - DAY_MS));
  return baselineOf(days, rule.metric);
}
