import { type EpochMs, hashId } from '../core/ids.ts';
import type { MetricEvent } from '../core/metrics/metric-event.ts';

/** A campaign of two variants, by SMS and e-mail. */
export const CAMPAIGN = 'spring';
const OCCURRENCE = 'at-ten';
const HOUR_MS = 3_600_000;
const TAGS = Array.from({ length: 40 }, (_, index) => `tag-${index}`);
export const [TAG = ''] = TAGS;
const SEGMENTS = ['high', 'mid', 'low', 'new'];
const CITIES = ['Shanghai', 'Hangzhou', 'Suzhou', 'Nanjing', 'Hefei'];

/** The same number for the same place, in [0, 1): as good as random. */
function drawn(index: number, salt: number): number {
  let mixed = Math.imul((index + 1) ^ (salt * 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}

/** Shares of the messages. */
const RECEIPTS = [
  ['delivered', 0.96],
  ['opened', 0.3],
  ['clicked', 0.12],
] as const;

const audienceOf = (index: number) => ({
  tags: TAGS.filter((_, tag) => drawn(index, 100 + tag) < 0.2),
  segments: SEGMENTS.filter((_, segment) => drawn(index, 200 + segment) < 0.3),
  traits: { city: CITIES[Math.floor(drawn(index, 300) * CITIES.length)] ?? '' },
});

/** The facts of one message, about 2.5: it was sent within ten hours, and nothing comes of it after five days. */
export function factsOfMessage(index: number, from: EpochMs): MetricEvent[] {
  const message = hashId('message', index);
  const profile = hashId('user', index);
  const at = from + Math.floor(drawn(index, 1) * 10 * HOUR_MS);
  const dimensions = {
    channel: drawn(index, 2) < 0.5 ? ('sms' as const) : ('email' as const),
    template: 'spring',
    campaign: CAMPAIGN,
    occurrence: OCCURRENCE,
    variant: drawn(index, 3) < 0.5 ? 'gift' : 'plain',
    version: 1,
  };
  const fact = (metric: string, more: Partial<MetricEvent> = {}): MetricEvent => ({
    id: hashId('fact', message, metric),
    at,
    sentAt: at,
    of: 'message',
    metric,
    message,
    profile,
    dimensions,
    ...more,
  });
  const facts = [fact('sent', { audience: audienceOf(index), cost: 45_000, localHour: 9 + (index % 10) })];
  for (const [salt, [metric, share]] of RECEIPTS.entries())
    if (drawn(index, 10 + salt) < share)
      facts.push(fact(metric, { at: at + 60_000 + Math.floor(drawn(index, 20 + salt) ** 3 * 72 * HOUR_MS) }));
  return drawn(index, 5) < 0.04 ? [...facts, ...orderOf(index, { fact, profile, at })] : facts;
}

interface Ordering {
  fact: (metric: string, more?: Partial<MetricEvent>) => MetricEvent;
  profile: string;
  at: number;
}

function orderOf(index: number, { fact, profile, at }: Ordering): MetricEvent[] {
  const order = `order-${index}`;
  const came = at + HOUR_MS + Math.floor(drawn(index, 6) * 96 * HOUR_MS);
  const sold = { at: came, amount: 16_800, currency: 'CNY', order };
  const { message: _message, ...conversion } = fact('converted', { at: came });
  return [
    { ...conversion, id: hashId('converted', profile) },
    { ...conversion, ...sold, id: hashId('revenue', order), metric: 'revenue' },
    { id: hashId('order', order), of: 'order', metric: 'order', profile, dimensions: {}, ...sold },
  ];
}
