import type { MetricEvent } from '../../../core/metrics/metric-event.ts';

/** Numbers that look random, and are the same for a seed (mulberry32). */
export function randomOf(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    int,
    chance: (share: number): boolean => next() < share,
    of: <One>(list: readonly One[]): One => list[int(list.length)] as One,
    shuffled: <One>(list: readonly One[]): One[] =>
      list
        .map((one) => ({ one, at: next() }))
        .sort((a, b) => a.at - b.at)
        .map(({ one }) => one),
  };
}
export type Draw = ReturnType<typeof randomOf>;

const DAY_MS = 24 * 3_600_000;
const START = Date.parse('2026-10-28T00:00:00.000Z');
export const RECEIPTS = ['delivered', 'opened', 'clicked', 'unsubscribed', 'complained', 'bounced'] as const;

/** What became of a message, as whoever looks at its row knows it. */
export interface Sending {
  id: string;
  profile: string;
  dimensions: MetricEvent['dimensions'];
  /** When it was sent, refused or became unknown. */
  at: number;
  end: 'sent' | 'suppressed' | 'failed' | 'unknown';
  reason: string;
  cost: number;
  audience: { tags: string[]; segments: string[]; traits: Record<string, string> };
  /** In the order of their instants. */
  receipts: { receipt: (typeof RECEIPTS)[number]; at: number; machine: boolean }[];
  /** Of its goal; the first conversion is the recipient's. */
  orders: { key: string; amount: number; currency: string; at: number }[];
}

export const TAGS = ['vip', 'sleeping'];
export const CITIES = ['Shanghai', '杭州', 'a"b'];

/** A campaign's or a journey's messages over a week in which New York's clocks change, and what came of them in 40 days. */
export function randomSendings(draw: Draw, count: number): Sending[] {
  return Array.from({ length: count }, (_, index): Sending => {
    const at = START + draw.int(7 * DAY_MS);
    const end = draw.of(['sent', 'sent', 'sent', 'sent', 'suppressed', 'failed', 'unknown'] as const);
    const channel = draw.of(['sms', 'email'] as const);
    const isReached = end === 'sent' || (end === 'unknown' && draw.chance(0.5));
    const source = draw.chance(0.6)
      ? { campaign: 'spring', occurrence: draw.of(['one', 'two']), variant: draw.of(['a', 'b&=#']), version: 1 }
      : { journey: 'wake', node: draw.of(['ask', 'remind']), version: draw.of([1, 2]) };
    return {
      id: `m${index}`,
      profile: `p${draw.int(Math.max(1, Math.ceil(count / 2)))}`,
      dimensions: {
        ...source,
        template: draw.of(['hello', 'bye']),
        ...(end === 'suppressed' && draw.chance(0.5) ? {} : { channel }),
      },
      at,
      end,
      reason: draw.of(['no-consent', 'daily-cap', 'render-failed']),
      cost: draw.of([0, 45_000, 90_000]),
      audience: {
        tags: TAGS.filter(() => draw.chance(0.5)),
        segments: draw.chance(0.5) ? ['high'] : [],
        traits: Object.fromEntries(draw.chance(0.7) ? [['city', draw.of(CITIES)]] : []),
      },
      receipts: isReached
        ? RECEIPTS.flatMap((receipt) =>
            [false, true]
              .filter((machine) => (machine ? receipt === 'opened' || receipt === 'clicked' : true) && draw.chance(0.4))
              .map((machine) => ({ receipt, machine, at: at + 1 + draw.int(40 * DAY_MS) })),
          ).toSorted((a, b) => a.at - b.at)
        : [],
      orders:
        isReached && draw.chance(0.3)
          ? Array.from({ length: 1 + draw.int(2) }, (_order, n) => ({
              key: `o${index}.${n}`,
              amount: draw.of([19_999, 1, -500]),
              currency: draw.of(['CNY', 'CNY', 'USD']),
              at: at + 1 + draw.int(7 * DAY_MS),
            }))
          : [],
    };
  });
}

/** The facts that the writers of these rows publish. */
export function factsOfSending({
  id,
  profile,
  dimensions,
  at,
  end,
  reason,
  cost,
  audience,
  ...after
}: Sending): MetricEvent[] {
  const fact = (metric: string, more: Partial<MetricEvent>): MetricEvent => ({
    id: `${id}:${metric}:${more.machine ?? false}:${more.detail ?? ''}`,
    at,
    of: 'message',
    metric,
    message: id,
    profile,
    dimensions,
    ...more,
  });
  const refused = end === 'suppressed' || end === 'failed';
  const first = refused
    ? fact(end, { detail: reason, audience })
    : fact(end, { sentAt: at, ...(end === 'sent' ? { cost, audience } : {}) });
  const settled = end === 'unknown' ? after.receipts[0] : undefined;
  let isInterested = false;
  const receipts = after.receipts.map(({ receipt, at: when, machine }) => {
    const interest = !machine && (receipt === 'opened' || receipt === 'clicked');
    const more = { at: when, sentAt: at, ...(machine ? { machine } : {}) };
    const published = fact(receipt, { ...more, ...(interest ? { interest: isInterested ? 'again' : 'first' } : {}) });
    isInterested ||= interest;
    return published;
  });
  const goal = { of: dimensions.journey === undefined ? ('message' as const) : ('run' as const), sentAt: at };
  return [
    first,
    ...receipts,
    ...(settled === undefined
      ? []
      : [
          fact('left', { at: settled.at, sentAt: at, standing: 'unknown' }),
          fact('settled', { at: settled.at, sentAt: at }),
        ]),
    ...after.orders
      .slice(0, 1)
      .map((order) =>
        fact(goal.of === 'run' ? 'goal' : 'converted', { ...goal, at: order.at, once: `${id}:goal`, id: `${id}:goal` }),
      ),
    ...after.orders.map(({ key, amount, currency, at: when }) =>
      fact('revenue', {
        ...goal,
        at: when,
        amount,
        currency,
        order: key,
        once: `revenue:${key}`,
        id: `revenue:${key}`,
      }),
    ),
  ];
}
