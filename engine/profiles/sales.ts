import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { type CairnEvent, compareEvents } from '../../core/events/event.ts';
import { eventOfGoal } from '../../core/goals/reach.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { Revenue } from '../../core/metrics/conversion-events.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { Money } from '../../core/results/minor-units.ts';
import { type OrderEvent, orderOf, refundable } from '../../core/results/orders.ts';
import type { ProfileDeps } from './deps.ts';

/** An order that may be a goal, and what it and its refunds change about the goal's revenue now. */
export interface Sale {
  event: CairnEvent;
  revenue: Revenue[];
}

interface Input {
  key: ProfileKey;
  activity: Pick<Activity, 'lastAt'>;
  fresh: readonly CairnEvent[];
  snapshot: Pick<Snapshot, 'settings' | 'journeys' | 'campaigns'>;
}

interface Placed {
  event: CairnEvent;
  order: OrderEvent;
}

/**
 * Returns the orders among these events, and those of which these events give money back. Only the latter, and orders that came late, need the timeline
 * (90 days of it). Nothing is read unless a live goal is an order.
 *
 * Refunds take off an order what all of them together take off, less what the ones committed before did: in whatever order they come, the sum
 * is the same, and never more than the order brought.
 */
export async function salesAmong(deps: Pick<ProfileDeps, 'profiles'>, input: Input): Promise<Sale[]> {
  const { money } = input.snapshot.settings;
  if (!isGoalSold(input.snapshot, money)) return [];
  const fresh = placedIn(input.fresh, money);
  if (fresh.length === 0) return [];
  const isLate = fresh.some(({ event, order }) => order.kind === 'refund' || (input.activity.lastAt ?? 0) > event.at);
  const known = isLate ? await knownBefore(deps, input, money) : [];
  const keys = new Set(fresh.map(({ order }) => order.key));
  return [...keys].flatMap((key) => saleOf(ofOrder(fresh, key), ofOrder(known, key)));
}

const isGoalSold = ({ journeys, campaigns = [] }: Input['snapshot'], { revenue }: Money): boolean =>
  [...journeys, ...campaigns].some(({ definition: { goal } }) =>
    revenue.some(({ event }) => event === eventOfGoal(goal)),
  );

const placedIn = (events: readonly CairnEvent[], money: Money): Placed[] =>
  events.toSorted(compareEvents).flatMap((event) => {
    const order = orderOf(event, money);
    return order === undefined ? [] : [{ event, order }];
  });

/** The timeline has the fresh events already. */
async function knownBefore(
  { profiles }: Pick<ProfileDeps, 'profiles'>,
  { key, fresh }: Input,
  money: Money,
): Promise<Placed[]> {
  const names = new Set([...money.revenue, ...money.refunds].map(({ event }) => event));
  const { events } = await profiles.history(key, { from: 0, names });
  const ids = new Set(fresh.map(({ id }) => id));
  return placedIn(
    events.filter(({ id }) => !ids.has(id)),
    money,
  );
}

const ofOrder = (placed: readonly Placed[], key: string): Placed[] => placed.filter(({ order }) => order.key === key);

function saleOf(fresh: readonly Placed[], known: readonly Placed[]): Sale[] {
  const isOrder = ({ order }: Placed) => order.kind === 'order';
  // The first that came stands: an order that comes twice is one.
  const sale = known.find(isOrder) ?? fresh.find(isOrder);
  if (sale === undefined) return [];
  const { event, order } = sale;
  const refundsIn = (placed: readonly Placed[]) =>
    placed.filter((one) => !isOrder(one) && one.order.currency === order.currency);
  const isNew = fresh.includes(sale);
  // A refund that came before its order has taken nothing off yet.
  const before = isNew ? [] : refundsIn(known);
  const now = isNew ? [...refundsIn(known), ...refundsIn(fresh)] : refundsIn(fresh);
  let taken = marked(before).reduce((sum, one) => sum + one.order.amount, 0);
  const counted = new Set(before.map((one) => one.order.mark));
  const common = { order: order.key, currency: order.currency };
  const revenue: Revenue[] = isNew ? [{ ...common, mark: order.mark, amount: order.amount, at: event.at }] : [];
  for (const refund of marked(now)) {
    if (counted.has(refund.order.mark)) continue;
    const amount = -refundable(order.amount, taken, refund.order.amount);
    taken += refund.order.amount;
    if (amount !== 0) revenue.push({ ...common, mark: `refund:${refund.order.mark}`, amount, at: refund.event.at });
  }
  return revenue.length === 0 ? [] : [{ event, revenue }];
}

/** Each refund once. */
const marked = (placed: readonly Placed[]): Placed[] => [
  ...new Map(placed.toReversed().map((one) => [one.order.mark, one])).values(),
];
