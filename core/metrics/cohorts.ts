import { CHANNELS, type Channel, kindOf } from '../channels/registry.ts';
import type { Guardrail } from '../definitions/settings.ts';
import type { EpochMs } from '../ids.ts';
import { campaignScope, journeyScope } from '../messages/source.ts';
import {
  BASELINE_DAYS,
  type CohortMetric,
  type CohortMinute,
  lookBackMs,
  MINUTE_MS,
  sentOf,
  WATCHED,
} from '../policies/guardrails.ts';
import { DAY_MS } from '../time/units.ts';
import { utcDay } from '../time/utc-day.ts';
import type { MetricEvent } from './metric-event.ts';

/**
 * Counters of the messages that guardrails watch, by the minute of their sending. An item of Metrics has one hour and one channel of a scope's
 * generation: `guard#<scope>#<generation>` / `<hour>#<channel>` {s07: sent in the minute that ends at :07, u07: unsubscribed from those …}. Where a
 * rule asks for a baseline, `guard#<scope>#days` / `<day>#<channel>` {s, o …} has the days of all generations.
 */
const LETTERS = {
  sent: 's',
  unlinked: 'n',
  opened: 'o',
  clicked: 'c',
  unsubscribed: 'u',
  complained: 'p',
  bounced: 'b',
} as const satisfies Record<CohortMetric, string>;
const METRICS = Object.keys(LETTERS) as CohortMetric[]; // the table's own keys
const PREFIX = 'guard#';
const DAYS = 'days';
/** Longer than `feedback` may lie on its queue. */
const SLACK_MS = 15 * DAY_MS;

/** A channel, a campaign, a journey or one of its nodes, as guardrails watch it: `channel:sms`, `campaign:spring`, `journey:wake`, `journey:wake:remind`. */
export interface GuardScope {
  kind: Guardrail['scope'];
  /** `sms`, `wake`, `wake:remind`. */
  id: string;
  name: string;
  /** The channel or definition that is paused, and to whose generations the messages belong: `channel:sms`, `campaign:spring`, `journey:wake`. */
  owner: string;
}

export function guardScopeOf(name: string): GuardScope | undefined {
  const [kind, first = '', ...rest] = name.split(':');
  const id = [first, ...rest].join(':');
  if (kind === 'channel' || kind === 'campaign') return { kind, id, name, owner: name };
  if (kind !== 'journey') return undefined;
  return { kind: rest.length === 0 ? 'journey' : 'node', id, name, owner: journeyScope(first) };
}

/** Counter of one scope and hour, or day, of a cohort. */
interface CohortBucket {
  scope: string;
  day: string;
  counter: string;
  /** Epoch seconds. */
  expiresAt: number;
}

/** The counters of cohorts that an event adds one to, for these guardrails. */
export function cohortBuckets(event: MetricEvent, guardrails: readonly Guardrail[]): CohortBucket[] {
  const { sentAt, dimensions } = event;
  const { channel } = dimensions;
  const metrics = metricsIn(event);
  if (sentAt === undefined || channel === undefined || metrics.length === 0) return [];
  return watchedScopes(event).flatMap(({ scope, generation }) => {
    const rules = guardrails.filter((rule) => rule.scope === scope.kind);
    return metrics.flatMap((metric) => {
      const asking = rules.filter((rule) => isAskedFor(metric, rule));
      return [
        ...minuteBucket(asking, { scope, generation, channel, metric, sentAt }),
        ...dayBucket(asking, { scope, channel, metric, sentAt }),
      ];
    });
  });
}

const isAskedFor = (metric: CohortMetric, rule: Guardrail): boolean =>
  metric === 'sent' || WATCHED[rule.metric] === (metric === 'unlinked' ? 'clicked' : metric);

interface Counted {
  scope: GuardScope;
  channel: Channel;
  metric: CohortMetric;
  sentAt: EpochMs;
}

function minuteBucket(
  rules: readonly Guardrail[],
  { scope, generation, channel, metric, sentAt }: Counted & { generation: number },
): CohortBucket[] {
  if (rules.length === 0) return [];
  const minute = minuteOf(sentAt);
  return [
    {
      scope: cohortKey(scope.name, generation),
      day: `${hourOf(minute)}#${channel}`,
      counter: `${LETTERS[metric]}${new Date(minute).toISOString().slice(14, 16)}`,
      expiresAt: expiryOf(sentAt, Math.max(...rules.map(lookBackMs))),
    },
  ];
}

function dayBucket(rules: readonly Guardrail[], { scope, channel, metric, sentAt }: Counted): CohortBucket[] {
  const compared = rules.filter(({ underBaseline }) => underBaseline !== undefined);
  if (compared.length === 0) return [];
  const span = BASELINE_DAYS * DAY_MS + Math.max(...compared.map(lookBackMs));
  return [
    {
      scope: cohortKey(scope.name, DAYS),
      day: `${utcDay(sentAt)}#${channel}`,
      counter: LETTERS[metric],
      expiresAt: expiryOf(sentAt, span),
    },
  ];
}

/** Returns what an event about a message adds to its cohort. Whoever clicks has opened, and is counted once. */
function metricsIn({ of, metric, machine, interest, unlinked }: MetricEvent): CohortMetric[] {
  if (of !== 'message' || machine === true) return [];
  if (metric === 'opened') return interest === 'again' ? [] : ['opened'];
  if (metric === 'clicked')
    return [...(interest === 'again' ? [] : (['opened'] as const)), ...(unlinked ? [] : (['clicked'] as const))];
  if (metric === 'sent') return unlinked ? ['sent', 'unlinked'] : ['sent'];
  return METRICS.filter((known) => known === metric);
}

function watchedScopes({ dimensions, generations }: MetricEvent): { scope: GuardScope; generation: number }[] {
  const { journey, node, campaign, channel } = dimensions;
  const names = [
    ...(channel === undefined ? [] : [`channel:${channel}`]),
    ...(campaign === undefined ? [] : [campaignScope(campaign)]),
    ...(journey === undefined ? [] : [journeyScope(journey)]),
    ...(journey === undefined || node === undefined ? [] : [journeyScope(journey, node)]),
  ];
  return names.flatMap((name) => {
    const scope = guardScopeOf(name);
    if (scope === undefined) return [];
    const own = scope.kind === 'channel' ? generations?.channel : generations?.source;
    return [{ scope, generation: own ?? 0 }];
  });
}

/** Whether a cohort of these counters is one of a scope that guardrails watch; its name. */
export function watchedIn(counters: string): string | undefined {
  if (!counters.startsWith(PREFIX)) return undefined;
  const end = counters.lastIndexOf('#');
  return counters.slice(end + 1) === DAYS ? undefined : counters.slice(PREFIX.length, end);
}

export const cohortKey = (scope: string, generation: number | typeof DAYS): string => `${PREFIX}${scope}#${generation}`;
export const daysKey = (scope: string): string => cohortKey(scope, DAYS);
/** The minute in which a message was sent, by its end. */
export const minuteOf = (at: EpochMs): EpochMs => Math.ceil(at / MINUTE_MS) * MINUTE_MS;
export const hourOf = (at: EpochMs): string => new Date(at).toISOString().slice(0, 13);
const expiryOf = (sentAt: EpochMs, spanMs: number): number => Math.floor((sentAt + spanMs + SLACK_MS) / 1000);

/** An item of cohorts: its sort key, and its counters. */
export interface CohortItem {
  sk: string;
  counts: Readonly<Record<string, number>>;
}

/** Channels on which it can be known that a message did it: messages of others are none of the rule's. */
export const channelsWith = (metric: Guardrail['metric']): Channel[] =>
  CHANNELS.filter((channel) => kindOf(channel).reports.some((report) => report === WATCHED[metric]));

/** The minutes that a rule counts, out of the items of hours. */
export const minutesOf = (items: readonly CohortItem[], metric: Guardrail['metric']): CohortMinute[] =>
  itemsOn(channelsWith(metric), items).flatMap(({ time, counts }) => {
    const hour = Date.parse(`${time}:00:00.000Z`);
    const minutes = new Map<EpochMs, Partial<Record<CohortMetric, number>>>();
    for (const [counter, count] of Object.entries(counts)) {
      const metricOf = METRICS.find((one) => LETTERS[one] === counter[0]);
      if (metricOf === undefined || !/^[a-z]\d\d$/.test(counter)) continue;
      const at = hour + Number(counter.slice(1)) * MINUTE_MS;
      minutes.set(at, { ...minutes.get(at), [metricOf]: count });
    }
    return [...minutes].map(([at, its]) => ({ at, counts: its }));
  });

/** Sums of whole days, out of the items of days. */
export function baselineOf(items: readonly CohortItem[], metric: Guardrail['metric']): { sent: number; did: number } {
  const sample = { sent: 0, did: 0 };
  for (const { counts } of itemsOn(channelsWith(metric), items)) {
    sample.sent += sentOf(metric, { sent: counts[LETTERS.sent], unlinked: counts[LETTERS.unlinked] });
    sample.did += counts[LETTERS[WATCHED[metric]]] ?? 0;
  }
  return sample;
}

const itemsOn = (channels: readonly string[], items: readonly CohortItem[]) =>
  items.flatMap(({ sk, counts }) => {
    const [time = '', channel = ''] = sk.split('#');
    return channels.includes(channel) ? [{ time, counts }] : [];
  });
