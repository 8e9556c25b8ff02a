import type { Guardrail } from '../definitions/settings.ts';
import type { EpochMs } from '../ids.ts';
import { durationMs } from '../time/duration.ts';

/** What messages of a cohort may do, by a guardrail's metric. */
export const WATCHED = {
  unsubscribe: 'unsubscribed',
  complaint: 'complained',
  bounce: 'bounced',
  open: 'opened',
  click: 'clicked',
} as const satisfies Record<Guardrail['metric'], string>;
/** `unlinked`: those of `sent` that nobody can click. */
export type CohortMetric = 'sent' | 'unlinked' | (typeof WATCHED)[Guardrail['metric']];

export const MINUTE_MS = 60_000;

/** Messages that were sent in one minute, and what they did until now. */
export interface CohortMinute {
  /** End of the minute: all were sent at this instant, or less than a minute before. */
  at: EpochMs;
  counts: Readonly<Partial<Record<CohortMetric, number>>>;
}

/** Messages, and how many of them did it. */
export interface Sample {
  sent: number;
  did: number;
}

export type GuardrailState = 'ok' | 'breached' | 'too-few' | 'no-baseline';
export interface Measured extends Sample {
  /** Absent: nothing was sent. */
  rate?: number;
  /** The rate must not cross it; absent: there is no baseline. */
  threshold?: number;
  state: GuardrailState;
}

export const withinMs = ({ within }: Guardrail): number => durationMs(within);
export const matureMs = ({ matureAfter }: Guardrail): number => durationMs(matureAfter);
/** How far back it looks. */
export const lookBackMs = (rule: Guardrail): number => withinMs(rule) + matureMs(rule);

/** Days of the baseline: those before the window. */
export const BASELINE_DAYS = 28;

/**
 * The rate of the messages that were sent in (now − within − matureAfter, now − matureAfter], exact to the minute of their sending: a message matures
 * at most a minute late, and never early.
 */
export function measure(
  rule: Guardrail,
  minutes: readonly CohortMinute[],
  now: EpochMs,
  baseline: Sample | undefined,
): Measured {
  const from = now - lookBackMs(rule);
  return stateOf(
    rule,
    sum(
      rule,
      minutes.filter(({ at }) => at > from && isMature(rule, at, now)),
    ),
    baseline,
  );
}

/**
 * The next instant at which the rate crosses the bound if no message is sent, and none does anything, until then: some mature, and others become too
 * old. Undefined: it does not.
 */
export function nextBreach(
  rule: Guardrail,
  minutes: readonly CohortMinute[],
  now: EpochMs,
  baseline: Sample | undefined,
): EpochMs | undefined {
  const changes = minutes
    .flatMap((minute) => [
      { at: minute.at + matureMs(rule), minute, sign: 1 },
      { at: minute.at + lookBackMs(rule), minute, sign: -1 },
    ])
    .filter(({ at, sign }) => at > now && !(sign > 0 && matureMs(rule) === 0))
    .toSorted((a, b) => a.at - b.at);
  const sample: Sample = { ...measure(rule, minutes, now, baseline) };
  let before = stateOf(rule, sample, baseline).state;
  for (const [index, { at, minute, sign }] of changes.entries()) {
    const change = sum(rule, [minute]);
    sample.sent += sign * change.sent;
    sample.did += sign * change.did;
    if (changes[index + 1]?.at === at) continue;
    const { state } = stateOf(rule, sample, baseline);
    if (state === 'breached' && before !== 'breached') return at;
    before = state;
  }
  return undefined;
}

/** Without a time to mature, what was just sent counts at once, although its minute has not ended. */
const isMature = (rule: Guardrail, at: EpochMs, now: EpochMs): boolean =>
  matureMs(rule) === 0 || at <= now - matureMs(rule);

/** How many of the messages sent could do it: only those with a counted link can be clicked. */
export const sentOf = (metric: Guardrail['metric'], { sent = 0, unlinked = 0 }: CohortMinute['counts']): number =>
  metric === 'click' ? sent - unlinked : sent;

function sum({ metric }: Guardrail, minutes: readonly CohortMinute[]): Sample {
  const sample = { sent: 0, did: 0 };
  for (const { counts } of minutes) {
    sample.sent += sentOf(metric, counts);
    sample.did += counts[WATCHED[metric]] ?? 0;
  }
  return sample;
}

function stateOf(rule: Guardrail, { sent, did }: Sample, baseline: Sample | undefined): Measured {
  const threshold = thresholdOf(rule, baseline);
  const measured = {
    sent,
    did,
    ...(sent > 0 ? { rate: did / sent } : {}),
    ...(threshold === undefined ? {} : { threshold }),
  };
  if (sent < rule.atLeast || sent === 0) return { ...measured, state: 'too-few' };
  if (threshold === undefined) return { ...measured, state: 'no-baseline' };
  const isBreached = rule.over === undefined ? did / sent < threshold : did / sent > threshold;
  return { ...measured, state: isBreached ? 'breached' : 'ok' };
}

/** The baseline needs as many messages as the window. Shares of it are rounded, so that 20 % less 5 % is 15 %. */
function thresholdOf({ over, under, underBaseline, atLeast }: Guardrail, baseline: Sample | undefined) {
  if (underBaseline === undefined) return over ?? under;
  if (baseline === undefined || baseline.sent < atLeast) return undefined;
  return Number((baseline.did / baseline.sent - underBaseline).toFixed(9));
}
