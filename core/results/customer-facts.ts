import type { AggregateName } from '../computed-traits/aggregates.ts';
import type { ComputedTrait } from '../computed-traits/schema.ts';
import { elementsOf, valuesAt } from '../conditions/paths.ts';
import { matchesWhere, propertyValues } from '../conditions/where.ts';
import type { Settings } from '../definitions/settings.ts';
import type { CairnEvent } from '../events/event.ts';
import type { Goal } from '../goals/schema.ts';
import { type EpochMs, hashId, type ProfileKey } from '../ids.ts';
import { plainText } from '../key-text.ts';
import type { MetricEvent } from '../metrics/metric-event.ts';
import type { NewRun } from '../profiles/activity.ts';
import type { Money } from './minor-units.ts';
import { orderOf } from './orders.ts';

/**
 * An event of a customer. Its facts are only in the lake: none is counted, none costs a write of its own. Their ids are made of their content, so that a
 * repeat of the commit publishes the same.
 */
interface CustomerEvent {
  profile: ProfileKey;
  event: CairnEvent;
}

const ofEvent = ({ profile, event }: CustomerEvent, mark: string[], rest: Partial<MetricEvent>): MetricEvent => ({
  id: hashId('event', event.id, ...mark),
  at: event.at,
  of: 'event',
  metric: '',
  profile,
  ...(event.name === undefined ? {} : { event: event.name }),
  ...rest,
  dimensions: { ...rest.dimensions },
});

/** An order, once by its key whatever event brings it; or a refund. `detail`: why its amount is not known. */
export function orderFacts(by: CustomerEvent, money: Money): MetricEvent[] {
  const order = orderOf(by.event, money);
  if (order === undefined) return [];
  const { kind, key, mark, amount, currency, fault } = order;
  return [
    {
      ...ofEvent(by, [], {}),
      id: hashId(kind, key, mark),
      of: 'order',
      metric: kind,
      ...(fault === undefined ? {} : { detail: fault }),
      amount: kind === 'refund' ? -amount || 0 : amount,
      currency,
      order: key,
    },
  ];
}

/** Characters of an answer that are kept; and answers of one property, where it is a list. */
const MAX_ANSWER = 200;
const MAX_ANSWERS = 20;

/** The answers in a survey's event, by property. */
export function answerFacts(by: CustomerEvent, surveys: Settings['surveys']): MetricEvent[] {
  const properties = surveys.flatMap(({ event, of }) => (event === by.event.name ? of : []));
  return [...new Set(properties)].flatMap((property) => {
    const answers = elementsOf(valuesAt(by.event.properties, property)).flatMap((value) => plainText(value) ?? []);
    return [...new Set(answers.map((answer) => answer.slice(0, MAX_ANSWER).toWellFormed()))]
      .slice(0, MAX_ANSWERS)
      .map((answer) => ofEvent(by, ['answered', property, answer], { metric: 'answered', property, detail: answer }));
  });
}

/** The event is what a campaign is for, whoever the customer is: also one who was held out. */
export const aimedFact = (by: CustomerEvent, campaign: string): MetricEvent =>
  ofEvent(by, ['aimed', campaign], { metric: 'aimed', dimensions: { campaign } });

/** The event counts for this goal of all customers. */
export const goalFacts = (by: CustomerEvent, { id, definition }: { id: string; definition: Goal }): MetricEvent[] =>
  'event' in definition &&
  definition.event === by.event.name &&
  matchesWhere(definition.where, by.event, { trait: () => undefined, data: {} })
    ? [ofEvent(by, ['goal', id], { metric: 'goal', detail: id })]
    : [];

/** The numbers that the event adds to a figure; `property` names the figure, `detail` is the number, 1 for a count. */
export function figureFacts(
  by: CustomerEvent,
  { id, definition }: { id: string; definition: ComputedTrait },
): MetricEvent[] {
  const { event, where } = definition;
  const isOne = [event].flat().includes(by.event.name ?? '');
  if (!isOne || !matchesWhere(where, by.event, { trait: () => undefined, data: {} })) return [];
  const asked = definition.avg ?? definition.sum;
  const numbers = asked?.of === undefined ? [1] : elementsOf(propertyValues(by.event, asked.of));
  return numbers
    .filter((value) => typeof value === 'number')
    .slice(0, MAX_ANSWERS)
    .map((value, index) =>
      ofEvent(by, ['figure', id, String(index)], { metric: 'figure', property: id, detail: String(value) }),
    );
}

/** Figures that events of all customers have, by how they are computed. */
export const figureOf = (definition: ComputedTrait): Extract<AggregateName, 'avg' | 'sum' | 'count'> =>
  definition.avg !== undefined ? 'avg' : definition.sum !== undefined ? 'sum' : 'count';

/** A tag that a goal asks for is on or off from now. `version` names the commit that changed it. */
export const taggedFact = (
  profile: ProfileKey,
  { id, on }: { id: string; on: boolean },
  version: number,
  at: EpochMs,
): MetricEvent => ({
  id: hashId('tagged', profile, id, version),
  at,
  of: 'profile',
  metric: on ? 'tagged' : 'untagged',
  detail: id,
  profile,
  dimensions: {},
});

/** A run whose customer had the tag at the entry of whose holders the journey's goal asks. */
export const heldFact = (
  run: Pick<NewRun, 'entry' | 'journey' | 'version' | 'profile' | 'at'>,
  tag: string,
): MetricEvent => ({
  id: hashId('held', run.entry, tag),
  at: run.at,
  of: 'profile',
  metric: 'held',
  detail: tag,
  profile: run.profile,
  run: run.entry,
  dimensions: { journey: run.journey, version: run.version },
});

/** The facts of `profile` belong to another from now. */
export const mergedFact = (profile: ProfileKey, into: ProfileKey, at: EpochMs): MetricEvent => ({
  id: hashId('merged', profile, into),
  at,
  of: 'profile',
  metric: 'merged',
  detail: into,
  profile,
  dimensions: {},
});

/** A code of a pool was redeemed with an order. The code itself is no fact: who knows it could use it. */
export const redeemedFact = (
  profile: ProfileKey,
  { pool, code, order, at }: { pool: string; code: string; order: string; at: EpochMs },
): MetricEvent => ({
  id: hashId('redeemed', pool, code),
  at,
  of: 'order',
  metric: 'redeemed',
  detail: pool,
  profile,
  order,
  dimensions: {},
});
