import { CHANNELS } from '../../core/channels/registry.ts';
import type { Draw } from '../protocols/random-sending.ts';
import type { Cairn } from './cairn.ts';

export type Json = Record<string, unknown>;

/** A campaign, as a marketer writes it. */
export interface Draft extends Json {
  at: 'now' | Json;
  late: 'now' | 'next' | 'skip';
  pilot?: number;
  throttle?: { perMinute: number };
}

const ZONES = ['Asia/Shanghai', 'Asia/Tokyo', 'Asia/Kolkata', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia'];
const HOURS = [
  [['09:00', '15:00']],
  [
    ['08:00', '10:00'],
    ['18:30', '23:00'],
  ],
  [['00:00', '06:00']],
];
/** Cost of a message, or of a segment of an SMS, in yuan. */
export const COSTS = { push: 0.01, sms: 0.05, email: 0.002 };

/** Settings, templates, a segment and a list. */
export async function defineCatalog(cairn: Cairn, draw: Draw): Promise<void> {
  await cairn.ok('admin', 'PUT', '/v1/settings', {
    approval: { required: false },
    timezone: 'Asia/Shanghai',
    channels: draw.shuffled(CHANNELS).filter((channel) => channel in COSTS),
    topics: ['offers', 'news'],
    money: { currency: 'CNY', costs: COSTS },
    caps: draw.of([
      [],
      [{ max: 1, per: 'day' }],
      [{ max: 1, within: '30h', channel: 'sms' }],
      [{ max: 2, per: 'day' }],
    ]),
    ...draw.maybe(0.5, () => ({ floors: [] })),
    ...draw.maybe(0.4, () => ({ fatigue: [{ channel: 'email', opened: 1, for: '30d' }] })),
    ...draw.maybe(0.3, () => ({ holdout: { share: 0.15 } })),
    ...draw.maybe(0.2, () => ({ window: { hours: draw.of(HOURS) } })),
    ...draw.maybe(0.5, () => ({ sms: { signature: '【Shop】', optOut: '拒收请回复R' } })),
    guardrails: [],
  });
  const text = 'Hello {{ profile.traits.name }}';
  const content = { push: { title: 'T', body: text }, sms: { text }, email: { subject: 'T', html: `<p>${text}</p>` } };
  for (const [id, topic] of [['offer', 'offers'], ['news', 'news'], ['plain']])
    await cairn.ok('marketer', 'PUT', `/v1/templates/${id}`, { class: 'marketing', topic, content });
  await cairn.ok('marketer', 'PUT', '/v1/segments/vip', { name: 'VIP', if: conditionOf(draw) });
  await cairn.ok('marketer', 'PUT', '/v1/lists/fair', { name: 'Fair' });
}

/** Who fulfils it does not change by itself within the days of a history. */
function conditionOf(draw: Draw, depth = 0): Json {
  const leaves: Json[] = [
    { trait: 'city', eq: 'Shanghai' },
    { trait: 'city', in: ['Shanghai', 'Berlin'] },
    { trait: 'tier', ne: 'gold' },
    { trait: 'phone', exists: true },
    { trait: 'points', gte: 40 },
    { event: 'Order Completed', within: '60d', count: { gte: 1 } },
    { event: 'Order Completed', within: '60d', sum: { of: 'total', gte: 50 } },
  ];
  if (depth > 1 || draw.is(0.5)) return draw.of(leaves);
  const parts = () => [conditionOf(draw, depth + 1), conditionOf(draw, depth + 1)];
  return draw.of<() => Json>([
    () => ({ any: parts() }),
    () => ({ any: parts() }),
    () => ({ all: parts() }),
    () => ({ not: conditionOf(draw, depth + 1) }),
  ])();
}

/** Customers with traits, consents, orders, some of whom share an address. */
export async function identifyCustomers(cairn: Cairn, draw: Draw): Promise<void> {
  const now = Date.parse(await cairn.now());
  const ids = Array.from({ length: 10 + draw.upTo(20) }, (_, index) => `c${index}`);
  const shared = (kind: string) => (draw.is(0.2) ? `${kind}${draw.upTo(2)}` : undefined);
  const batch = ids.flatMap((userId, index): Json[] => {
    const timestamp = new Date(now - (1 + draw.upTo(3_000)) * 1_000).toISOString();
    const traits = {
      name: draw.of(['Lin', 'L'.repeat(80)]),
      city: draw.is(0.8) ? 'Shanghai' : 'Berlin',
      tier: draw.of(['gold', 'basic', 'basic']),
      points: draw.upTo(100),
      ...draw.maybe(0.8, () => ({ phone: `+8613800138${(shared('0') ?? `1${index}`).padStart(3, '0')}` })),
      ...draw.maybe(0.6, () => ({ email: `${shared('box') ?? userId}@example.com` })),
      ...draw.maybe(0.8, () => ({ timezone: draw.of(ZONES) })),
      ...draw.maybe(0.3, () => ({ preferredChannel: draw.of(['push', 'sms', 'email']) })),
    };
    const keys = ['push', 'sms', 'email', 'sms:offers', 'email:news'];
    const categoryPreferences = Object.fromEntries(
      keys.flatMap((key) => (key.includes(':') && draw.is(0.7) ? [] : [[key, draw.is(0.8)]])),
    );
    const context = {
      consent: { categoryPreferences },
      ...draw.maybe(0.6, () => ({ device: { type: 'ios', token: `token-of-${userId}` } })),
    };
    const orders = draw.maybe(0.5, () => ({ total: draw.upTo(100) }));
    return [
      { type: 'identify', userId, timestamp, traits, context },
      ...('total' in orders ? [{ type: 'track', userId, event: 'Order Completed', properties: orders }] : []),
    ];
  });
  await cairn.post('batch', { batch });
  await cairn.ok('marketer', 'POST', '/v1/lists/fair/members', { profileIds: draw.some(ids, 0.7) });
  await cairn.local('POST', 'settle');
}

/** Earlier campaigns use caps up; of their messages some bounce, some are opened, some bring a no. */
export async function warmUp(cairn: Cairn, draw: Draw): Promise<void> {
  for (let count = draw.upTo(2); count > 0; count -= 1) {
    await publish(cairn, `warm-${count}`, {
      ...SENT,
      audience: conditionOf(draw),
      channels: draw.shuffled(['push', 'sms', 'email']).slice(0, 1 + draw.upTo(1)),
      template: draw.of(['offer', 'news', 'plain']),
      at: 'now',
      window: 'none',
    });
    await cairn.advance('2m');
    for (const { channel, messageId } of await cairn.outbox()) {
      const kinds = {
        email: ['opened', 'opened', 'opened', 'bounced', 'complained'],
        sms: ['bounced', 'unsubscribed'],
      };
      if (channel in kinds && draw.is(0.35))
        await cairn.local('POST', 'feedback', { messageId, kind: draw.of(kinds[channel as keyof typeof kinds]) });
    }
    // What waits for its hour would use a cap up later.
    const active = await cairn.as('marketer', 'POST', `/v1/campaigns/warm-${count}/cancel`);
    if (active.status !== 200 && active.status !== 404) throw new Error(JSON.stringify(active.body));
    await cairn.advance(draw.of(['1m', '1h', '26h']));
  }
}

const SENT = { name: 'Spring', owner: 'growth' };

export async function publish(cairn: Cairn, id: string, definition: Json): Promise<void> {
  const plan = await cairn.ok<{ matched: number }>('marketer', 'POST', `/v1/campaigns/${id}/plan`, definition);
  if (plan.matched === 0) return;
  await cairn.ok('marketer', 'PUT', `/v1/campaigns/${id}`, definition);
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/submit`);
  await cairn.ok('marketer', 'POST', `/v1/campaigns/${id}/publish`);
}

const local = (at: number): string => new Date(at + 8 * 3_600_000).toISOString();

function atOf(draw: Draw, now: number): Draft['at'] {
  const hour = Math.ceil(now / 3_600_000) * 3_600_000;
  const isOwn = draw.is(0.6);
  // At the customers' own time, some zones may be over.
  const text = local(hour + (draw.upTo(30) - (isOwn ? 8 : -1)) * 3_600_000);
  const timezone = isOwn ? 'customer' : 'Asia/Shanghai';
  const [date, time] = [text.slice(0, 10), text.slice(11, 16)];
  return draw.of<() => Draft['at']>([
    () => 'now',
    () => 'now',
    () => ({ time: `${date}T${time}`, timezone }),
    () => ({ every: 'day', time, timezone, from: date, until: date }),
  ])();
}

export function draftOf(draw: Draw, now: number): Draft {
  const at = atOf(draw, now);
  return {
    ...SENT,
    audience: draw.of<() => Json>([
      () => conditionOf(draw),
      () => ({ trait: 'city', eq: 'Shanghai' }),
      () => ({ segment: 'vip' }),
      () => ({ list: 'fair' }),
    ])(),
    ...draw.maybe(0.4, () => ({ exclude: draw.is(0.5) ? { trait: 'tier', eq: 'gold' } : conditionOf(draw) })),
    template: draw.of(['offer', 'news', 'plain']),
    ...draw.maybe(0.7, () => ({ channels: draw.shuffled(['push', 'sms', 'email']).slice(0, 1 + draw.upTo(2)) })),
    at,
    late: draw.of(['now', 'next', 'skip']),
    ...stagesOf(draw, at),
    ...draw.maybe(0.3, () => ({ holdout: draw.of([10, 40]) })),
    ...draw.maybe(0.4, () => ({ throttle: { perMinute: draw.of([12, 60, 300]) } })),
    ...draw.maybe(0.3, () => ({ window: windowOf(draw) })),
    ...draw.maybe(0.2, () => ({ caps: [{ max: 1, within: '20h' }] })),
    ...draw.maybe(0.3, () => ({ validFor: draw.of(['20m', '3h', '1d']) })),
  };
}

const windowOf = (draw: Draw): Json => ({
  hours: draw.of(HOURS),
  ...draw.maybe(0.3, () => ({ otherwise: 'skip' })),
});

/** Variants, a pilot, or a winner: its variants are sent alike, because a plan cannot know which one the rest gets. */
function stagesOf(draw: Draw, at: Draft['at']): Json {
  if (draw.is(0.15))
    return {
      variants: [{ name: 'gift' }, { name: 'money', weight: 2 }],
      winner: { by: 'clicked', sample: draw.of([20, 50]), after: draw.of(['10m', '3h']) },
    };
  // What waits for a person has no time that a plan could know.
  const mayRest = at === 'now' || at.timezone !== 'customer';
  return {
    ...draw.maybe(0.3, () => ({
      variants: [
        { name: 'gift', weight: 1 + draw.upTo(2), ...draw.maybe(0.3, () => ({ if: { trait: 'tier', eq: 'gold' } })) },
        { name: 'money', template: draw.of(['news', 'plain']), ...draw.maybe(0.3, () => ({ window: windowOf(draw) })) },
      ],
    })),
    ...draw.maybe(mayRest ? 0.25 : 0, () => ({ pilot: draw.of([1, 5]) })),
  };
}
