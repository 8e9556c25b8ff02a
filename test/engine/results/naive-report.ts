import { majorUnitsOf } from '../../../core/results/minor-units.ts';
import type { Sending } from './random-sendings.ts';

/** The local day, hour and weekday by `Intl` alone. */
function clockOf(at: number, timeZone: string) {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    hourCycle: 'h23',
    weekday: 'short',
  }).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return {
    day: `${part('year')}-${part('month')}-${part('day')}`,
    hour: Number(part('hour')),
    weekday: part('weekday').toLowerCase(),
  };
}

/** What a row of the report is of, for one message. */
export function keyPartOf(by: string, sending: Sending, timezone: string): unknown {
  const { dimensions, audience, at, end } = sending;
  if (by === 'day' || by === 'hour' || by === 'weekday') return clockOf(at, timezone)[by];
  const [kind, name = ''] = by.split(':');
  // Nobody says of an unknown message what its recipient was.
  const known = end === 'unknown' ? undefined : audience;
  if (kind === 'tag') return known?.tags.includes(name) ?? null;
  if (kind === 'segment') return known?.segments.includes(name) ?? null;
  if (kind === 'trait') return known?.traits[name] ?? null;
  return dimensions[kind as keyof typeof dimensions] ?? null;
}

const count = (sendings: readonly Sending[], is: (one: Sending) => boolean): number => sendings.filter(is).length;

/** A row, counted from the messages themselves. */
export function naiveRow(sendings: readonly Sending[]) {
  const did = (receipts: string[], machine = false) =>
    count(sendings, (one) => one.receipts.some((each) => receipts.includes(each.receipt) && each.machine === machine));
  const by = (end: Sending['end']): Record<string, number> => {
    const reasons: Record<string, number> = {};
    for (const one of sendings.filter((each) => each.end === end)) reasons[one.reason] = (reasons[one.reason] ?? 0) + 1;
    return reasons;
  };
  const sent = count(sendings, ({ end, receipts }) => end === 'sent' || (end === 'unknown' && receipts.length > 0));
  const orders = sendings.flatMap((one) => one.orders);
  const sum = (currency: string): number =>
    majorUnitsOf(
      orders.filter((order) => order.currency === currency).reduce((all, { amount }) => all + amount, 0),
      currency,
    );
  const dollars = orders.filter(({ currency }) => currency === 'USD');
  const figures = {
    delivered: did(['delivered']),
    opened: did(['opened', 'clicked']),
    clicked: did(['clicked']),
    converted: count(sendings, (one) => one.orders.length > 0),
    unsubscribed: did(['unsubscribed']),
    complained: did(['complained']),
    bounced: did(['bounced']),
  };
  const cost = sendings.reduce((all, one) => all + (one.end === 'sent' ? one.cost : 0), 0) / 1_000_000;
  return {
    recipients: new Set(sendings.map(({ profile }) => profile)).size,
    sent,
    ...figures,
    machineOpened: did(['opened'], true),
    machineClicked: did(['clicked'], true),
    revenue: sum('CNY'),
    ...(dollars.length === 0
      ? {}
      : {
          otherCurrencies: { USD: { orders: dollars.filter(({ amount }) => amount >= 0).length, revenue: sum('USD') } },
        }),
    suppressed: by('suppressed'),
    failed: by('failed'),
    unknown: count(sendings, ({ end, receipts }) => end === 'unknown' && receipts.length === 0),
    cost,
    rates: Object.fromEntries(Object.entries(figures).map(([name, times]) => [name, sent === 0 ? 0 : times / sent])),
    ...(cost > 0 ? { roi: (sum('CNY') - cost) / cost } : {}),
  };
}
