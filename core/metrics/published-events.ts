import { kindOf } from '../channels/registry.ts';
import { type EpochMs, hashId, type MessageId, type ProfileKey } from '../ids.ts';
import type { Step } from '../journeys/walk.ts';
import { hasInterest, type Message } from '../messages/message.ts';
import { dimensionsOf, isCounted, isOfOccurrence, runOf } from '../messages/source.ts';
import { isSameStanding, type Move, type Standing } from '../messages/standing.ts';
import type { Warning } from '../profiles/warnings.ts';
import type { Plan, Run } from '../runs/run.ts';
import type { DroppedKind } from './ingestion-counters.ts';
import { INGESTION } from './ingestion-hours.ts';
import type { Dimensions, MetricEvent } from './metric-event.ts';
import { sentAtOf } from './sent-at.ts';

type RunRef = { entry: string; profile: ProfileKey; journey: string; version?: number | undefined; test?: unknown };
/** Nothing counts what a test does. */
const unlessTest = ({ test }: RunRef, ...events: MetricEvent[]): MetricEvent[] => (test === undefined ? events : []);
const ofRun = ({ journey, version }: RunRef): Dimensions => ({
  journey,
  ...(version === undefined ? {} : { version }),
});
/** Names the run and its profile. */
const runFields = ({ entry, profile }: Pick<RunRef, 'entry' | 'profile'>) => ({ run: entry, profile });
const atNode = (run: RunRef, node: string): Dimensions => ({ ...ofRun(run), node });

export const runEnteredEvents = (run: RunRef & { at: EpochMs }): MetricEvent[] =>
  unlessTest(run, { at: run.at, of: 'run', metric: 'entered', dimensions: ofRun(run), ...runFields(run) });

/** Published only by the executor whose write closed the run. */
export const runEndedEvents = (run: RunRef, outcome: string, at: EpochMs): MetricEvent[] =>
  unlessTest(run, { at, of: 'run', metric: 'outcome', detail: outcome, dimensions: ofRun(run), ...runFields(run) });

/**
 * A run moves through the nodes. In a loop it counts each time, but a split's way once per run, because it is always the same. `run`: as it was before.
 * Published only by the executor that committed the move.
 */
export function wayEvents(run: RunRef & { visits: Run['visits'] }, way: readonly Step[], at: EpochMs): MetricEvent[] {
  if (run.test !== undefined) return [];
  const passed = new Set(Object.keys(run.visits).filter((node) => run.visits[node]?.way !== undefined));
  const event = (node: string, metric: string, detail?: string): MetricEvent => ({
    at,
    of: 'node',
    metric,
    ...(detail === undefined ? {} : { detail }),
    dimensions: atNode(run, node),
    ...runFields(run),
  });
  return way.flatMap(({ from, to, way: name }): MetricEvent[] => {
    if (from === undefined) return [event(to, 'entered')];
    const isFirst = name !== undefined && !passed.has(from);
    passed.add(from);
    return [event(from, 'left', to), ...(isFirst ? [event(from, 'way', name)] : []), event(to, 'entered')];
  });
}

/** A run reached its goal, counted under the way of a split that it took: once, whichever came first. */
export const splitGoalEvent = (
  run: RunRef,
  { node, way }: { node: string; way: string },
  at: EpochMs,
): MetricEvent => ({
  once: `${run.entry}:goal:${node}`,
  at,
  of: 'node',
  metric: 'goal',
  detail: way,
  dimensions: atNode(run, node),
  ...runFields(run),
});

/**
 * An exit, an archive or a merge has ended the run at its stop. If its last plan was committed, it has left the stop already. Published only by the
 * executor whose write closed the run.
 */
export const runInterruptedEvents = (
  run: RunRef & { node?: string; plan?: Pick<Plan, 'next'> },
  at: EpochMs,
): MetricEvent[] =>
  run.node === undefined || run.plan?.next.kind === 'end'
    ? []
    : unlessTest(run, { at, of: 'node', metric: 'taken', dimensions: atNode(run, run.node), ...runFields(run) });

/** The message that a conversion belongs to: of a run, or of a campaign's recipient, the last one before it. */
export interface ByMessage {
  sentAt: EpochMs;
  dimensions: Pick<Dimensions, 'channel' | 'template' | 'node'>;
}
const byMessage = (message: ByMessage | undefined) => (message === undefined ? {} : { sentAt: message.sentAt });

/** A run that reached its goal; `message` is the last that it had sent before. */
export interface Reached {
  run: RunRef;
  message?: ByMessage | undefined;
}

/** A run goes on in another version of its journey, from its stop there. Published only by the executor that committed its first plan there. */
export const runMigratedEvents = (
  before: RunRef & { node?: string },
  after: RunRef & { node?: string },
  at: EpochMs,
): MetricEvent[] =>
  (
    [
      [before, 'out'],
      [after, 'in'],
    ] as const
  ).flatMap(([run, detail]) =>
    run.node === undefined
      ? []
      : unlessTest(run, { at, of: 'node', metric: 'migrated', detail, dimensions: atNode(run, run.node) }),
  );

/** Counted once per run, however often the event comes. */
export const goalReachedEvent = ({ run, message }: Reached, at: EpochMs): MetricEvent => ({
  once: `${run.entry}:goal`,
  at,
  ...byMessage(message),
  of: 'run',
  metric: 'goal',
  dimensions: { ...ofRun(run), ...message?.dimensions },
  ...runFields(run),
});

/** A recipient of an occurrence who has reached the campaign's goal. `send` names the message among those that were sent to the customer. */
export interface Converted extends ByMessage {
  campaign: string;
  occurrence: string;
  variant?: string | undefined;
  send: string;
}
const ofOccurrence = ({ campaign, occurrence, variant, dimensions }: Converted): Dimensions => ({
  campaign,
  occurrence,
  ...(variant === undefined ? {} : { variant }),
  ...dimensions,
});

/** Counted once for each recipient, however often the event comes, and whoever the profile was merged into. */
export const convertedEvent = (conversion: Converted, profile: ProfileKey, at: EpochMs): MetricEvent => ({
  once: hashId('converted', conversion.campaign, conversion.occurrence, conversion.send),
  at,
  sentAt: conversion.sentAt,
  of: 'message',
  metric: 'converted',
  profile,
  dimensions: ofOccurrence(conversion),
});

/** The change of a goal's revenue by an order, or (below zero) by a refund. `mark`: each has its own. */
export interface Revenue {
  mark: string;
  order: string;
  /** In minor units. */
  amount: number;
  currency: string;
  at: EpochMs;
}
const moneyOf = ({ at, amount, currency, order }: Revenue) => ({ at, metric: 'revenue', amount, currency, order });

/** Counted once for each run and order. */
export const runRevenueEvent = ({ run, message }: Reached, revenue: Revenue): MetricEvent => ({
  once: hashId('revenue', 'run', run.entry, revenue.mark),
  ...moneyOf(revenue),
  ...byMessage(message),
  of: 'run',
  dimensions: { ...ofRun(run), ...message?.dimensions },
  ...runFields(run),
});

/** Counted once for each recipient and order. */
export const recipientRevenueEvent = (conversion: Converted, profile: ProfileKey, revenue: Revenue): MetricEvent => ({
  once: hashId('revenue', conversion.campaign, conversion.occurrence, conversion.send, revenue.mark),
  ...moneyOf(revenue),
  sentAt: conversion.sentAt,
  of: 'message',
  profile,
  dimensions: ofOccurrence(conversion),
});

export const entryRefusedEvent = (
  journey: string,
  event: { id: string; at: EpochMs },
  { reason, profile }: { reason: string; profile: ProfileKey },
): MetricEvent => ({
  once: `${journey}:${event.id}:refused`,
  at: event.at,
  of: 'run',
  metric: 'refused',
  detail: reason,
  dimensions: { journey },
  profile,
});

/** Data was accepted but could not be stored: counted once for each profile and subject. */
export const notKeptEvent = (profile: ProfileKey, { code, about, at }: Warning): MetricEvent => ({
  once: hashId('warning', profile, code, about),
  at,
  of: 'profile',
  metric: code,
  dimensions: { area: INGESTION },
  profile,
});

/** Work of a profile's events that could never be carried out: counted once, however often it is tried. `mark` names the work. */
export const droppedEvent = (kind: DroppedKind, mark: readonly (string | number)[], at: EpochMs): MetricEvent => ({
  once: hashId('dropped', kind, ...mark),
  at,
  of: 'profile',
  metric: 'dropped',
  detail: kind,
  dimensions: { area: INGESTION },
});

type Counted = Pick<Message, 'source' | 'channel' | 'template'> &
  Partial<Pick<Message, 'id' | 'profile' | 'request' | 'history' | 'generations' | 'links'>>;

const OF_LINKS = new Set(['sent', 'clicked']);
/** Apps report clicks by themselves, whatever a message links to. */
const isUnlinked = ({ channel, links = [] }: Counted): boolean =>
  channel !== undefined && kindOf(channel).receipts !== 'app' && links.length === 0;

const INTEREST = new Set(['opened', 'clicked']);

type MessageChange = Pick<
  MetricEvent,
  'metric' | 'standing' | 'detail' | 'machine' | 'recordedAt' | 'audience' | 'localHour' | 'cost'
>;

/** The event, or none about a test of a template. `sentAt`: where the message's history does not say it yet. */
export function messageMetricEvents(
  message: Counted,
  change: MessageChange,
  at: EpochMs,
  sentAt: EpochMs | undefined = sentAtOf(message.history ?? []),
): MetricEvent[] {
  const { id, profile, source, channel, template, history = [], generations } = message;
  if (!isCounted(source)) return [];
  const run = runOf(source);
  const dimensions = {
    ...dimensionsOf(source),
    ...(channel === undefined ? {} : { channel }),
    template: template.id,
  };
  return [
    {
      ...(id === undefined || MOVES.has(change.metric) ? {} : { id: factIdOf(id, message, change, at) }),
      at,
      ...(sentAt === undefined ? {} : { sentAt }),
      of: 'message',
      ...change,
      ...(INTEREST.has(change.metric) ? { interest: hasInterest({ history }) ? 'again' : 'first' } : {}),
      ...(OF_LINKS.has(change.metric) && isUnlinked(message) ? { unlinked: true } : {}),
      ...(generations === undefined ? {} : { generations }),
      dimensions,
      ...(profile === undefined ? {} : { profile }),
      ...(id === undefined ? {} : { message: id }),
      ...(run === undefined ? {} : { run }),
    },
  ];
}

/** One change of a message's row has one id, whoever publishes it. */
const factIdOf = (
  id: MessageId,
  { channel, request }: Counted,
  { metric, detail, machine }: MessageChange,
  at: EpochMs,
): string => hashId('fact', id, metric, detail ?? '', channel ?? '', machine ? 1 : 0, at, request?.resend ?? '');

/** Changes of the state in which a message counts: in the scopes of campaigns, and, where reports show them, in cells. */
export const MOVES: ReadonlySet<string> = new Set(['deferred', 'held', 'unknown', 'settled', 'left']);

/**
 * Returns the events that move a campaign's message among the counts of its occurrence: `left` with what it counted as, and what it counts as now.
 * That it was sent, suppressed or failed has an event of its own; a receipt settles what was unknown. Other messages have events only if they are or
 * were unknown. The writer that has changed the row publishes them.
 */
export function moveEvents(message: Counted, { from, to }: Move, at: EpochMs): MetricEvent[] {
  const isOfUnknown = from?.as === 'unknown' || to?.as === 'unknown';
  if (isSameStanding(from, to) || !(isOfOccurrence(message.source) || isOfUnknown)) return [];
  const entered = to?.as === 'sent' ? 'settled' : to?.as;
  return [
    ...(from === undefined ? [] : messageMetricEvents(message, { metric: 'left', ...leftOf(from) }, at)),
    ...(entered !== undefined && MOVES.has(entered) ? messageMetricEvents(message, { metric: entered }, at) : []),
  ];
}

const leftOf = ({ as, reason }: Standing): Pick<MetricEvent, 'standing' | 'detail'> => ({
  standing: as,
  ...(reason === undefined ? {} : { detail: reason }),
});
