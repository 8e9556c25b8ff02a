import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import { durationMs } from '../../core/time/duration.ts';
import { Draw } from '../protocols/random-sending.ts';
import type { Cairn, Sent } from './cairn.ts';

type Json = Record<string, unknown>;
type Counts = Record<string, number>;

interface Plan {
  matched: number;
  duplicates: number;
  excluded: number;
  holdout: number;
  recipients: number;
  byChannel: Counts;
  suppressed: Counts;
  late: number;
  cost: { amount: number };
  firstAt: string;
  lastAt: string;
  estimated: boolean;
}

interface OccurrenceView {
  occurrence: string;
  status: string;
  audience: Json;
  messages: { waiting: number; deferred: number; held: number; sent: number; suppressed: Counts; failed: Counts };
}

interface Draft extends Json {
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
const COSTS = { push: 0.01, sms: 0.05, email: 0.002 };
/** Reasons that leave a person without a channel. */
const UNREACHED = new Set(['no-consent', 'no-address', 'bad-address', 'suppressed-address', 'fatigued', 'duplicate']);
/** An audience is collected, and ticks come a second apart. */
const TICKS_MS = 15_000;
const LOOKS = 30;

/**
 * What differs between the plan of a random campaign and what then happens, if nothing changes in between: conditions, segments, lists, exclusions,
 * shared addresses, consents, used caps, tired customers, refused addresses, control groups, windows, timezones and variants.
 */
export async function differencesOfPlan(cairn: Cairn, seed: number): Promise<string[]> {
  const draw = new Draw(seed);
  await cairn.reset();
  await cairn.advance(`${1 + draw.upTo(24 * 6)}h`);
  await define(cairn, draw);
  await meet(cairn, draw);
  await warmUp(cairn, draw);
  const draft = draftOf(draw, Date.parse(await cairn.now()));
  const planned = await cairn.ok<Plan>('marketer', 'POST', '/v1/campaigns/spring/plan', draft);
  if (planned.matched === 0) return [];
  const zones = draft.at === 'now' ? new Map<string, string>() : await zonesAt(cairn);
  await publish(cairn, 'spring', draft);
  return (await differencesFrom(cairn, planned, draft, zones)).map((one) => `${one} (${JSON.stringify(draft)})`);
}

async function define(cairn: Cairn, draw: Draw): Promise<void> {
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

async function meet(cairn: Cairn, draw: Draw): Promise<void> {
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
async function warmUp(cairn: Cairn, draw: Draw): Promise<void> {
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

async function publish(cairn: Cairn, id: string, definition: Json): Promise<void> {
  const plan = await cairn.ok<Plan>('marketer', 'POST', `/v1/campaigns/${id}/plan`, definition);
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

function draftOf(draw: Draw, now: number): Draft {
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

/** Each customer's timezone when the campaign is published. */
async function zonesAt(cairn: Cairn): Promise<Map<string, string>> {
  const zones = new Map<string, string>();
  for (let index = 0; index <= 30; index += 1) {
    const { status, body } = await cairn.as<{ timezone?: string }>('admin', 'GET', `/v1/profiles/c${index}`);
    if (status === 200) zones.set(`c${index}`, body.timezone ?? 'Asia/Shanghai');
  }
  return zones;
}

async function newest(cairn: Cairn): Promise<OccurrenceView | undefined> {
  const path = '/v1/campaigns/spring/occurrences';
  return (await cairn.ok<{ items: OccurrenceView[] }>('viewer', 'GET', path)).items[0];
}

/** The messages of a pilot. */
async function pilotOf(cairn: Cairn, occurrence: string): Promise<Set<string>> {
  return new Set((await rowsOf(cairn, occurrence)).map(({ id }) => id));
}

/** Until everybody's message has come to an end; the rest follows the pilot at once. */
async function liveOn(
  cairn: Cairn,
  { at, pilot: asked }: Draft,
): Promise<{ there: OccurrenceView; pilot?: Set<string> }> {
  let pilot: Set<string> | undefined;
  if (at !== 'now' && at.timezone !== 'customer') await cairn.advanceTo(instantOf(at));
  for (let look = 0; look < LOOKS; look += 1) {
    await cairn.advance(look < 6 ? '1m' : '8h');
    const there = await newest(cairn);
    const { waiting, deferred, held } = there?.messages ?? { waiting: 1, deferred: 0, held: 0 };
    if (there?.status === 'done' && waiting + deferred + held === 0)
      return { there, ...(pilot === undefined ? {} : { pilot }) };
    if (there?.status === 'resting' && asked !== undefined) {
      pilot = await pilotOf(cairn, there.occurrence);
      await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/continue');
    }
  }
  throw new Error(`it does not end: ${JSON.stringify(await newest(cairn))}`);
}

const dueOf = (at: Json): string => ('until' in at ? `${String(at.until)}T${String(at.time)}` : String(at.time));
const instantOf = (at: Json): string => new Date(`${dueOf(at)}:00+08:00`).toISOString();

const outboxOf = async (cairn: Cairn) =>
  (await cairn.outbox()).filter((one) => JSON.stringify(one).includes('campaign:spring'));

async function differencesFrom(
  cairn: Cairn,
  planned: Plan,
  draft: Draft,
  zones: ReadonlyMap<string, string>,
): Promise<string[]> {
  const publishedAt = Date.parse(await cairn.now());
  const { there, pilot } = await liveOn(cairn, draft);
  const { matched, duplicates, excluded, holdout, recipients } = planned;
  const differences: string[] = [];
  const same = (what: string, plan: unknown, actual: unknown) => {
    if (sorted(plan) !== sorted(actual)) differences.push(`${what}: planned ${sorted(plan)}, was ${sorted(actual)}`);
  };
  same('estimated', planned.estimated, false);
  same('audience', { matched, duplicates, excluded, holdout, recipients }, there.audience);
  same('suppressed', planned.suppressed, there.messages.suppressed);
  same('failed', {}, there.messages.failed);
  const rows = await rowsOf(cairn, there.occurrence);
  same('byChannel', planned.byChannel, channelsOf(rows, planned));
  same('late', planned.late, lateOf(rows, draft, publishedAt, zones));
  const handed = await outboxOf(cairn);
  same('cost', planned.cost.amount.toFixed(3), handed.reduce((sum, one) => sum + costOf(one), 0).toFixed(3));
  const sent = handed.filter(({ messageId }) => pilot?.has(messageId) ?? true).map(({ at }) => at);
  if (sent.length > 0) differences.push(...spanOf(planned, draft, sent));
  return differences;
}

/** An SMS costs by the segment, a push message by the customer. */
function costOf({ channel, text = '' }: Sent): number {
  if (channel !== 'sms') return COSTS[channel as keyof typeof COSTS];
  const [alone, part] = /^[\x20-\x7e]*$/.test(text) ? [160, 153] : [70, 67];
  return COSTS.sms * (text.length <= alone ? 1 : Math.ceil(text.length / part));
}

const sorted = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : JSON.stringify(value);

interface Row {
  id: string;
  profileId: string;
  channel?: Channel;
  status: string;
  reason?: string;
}

async function rowsOf(cairn: Cairn, occurrence: string): Promise<Row[]> {
  const path = `/v1/campaigns/spring/occurrences/${occurrence}/recipients?group=recipient&limit=200`;
  const { items } = await cairn.ok<{ items: { message?: string }[] }>('admin', 'GET', path);
  const ids = items.flatMap(({ message }) => message ?? []);
  return Promise.all(ids.map((message) => cairn.ok<Row & Json>('admin', 'GET', `/v1/messages/${message}`)));
}

/** Whom a campaign refuses before it looks for a channel is taken as the plan says: there is no other trace of it. */
function channelsOf(rows: readonly Row[], { byChannel }: Plan): Counts {
  const counts: Counts = {};
  for (const { channel, reason } of rows) {
    if (reason === 'late') continue;
    const name = channel === undefined || reason === 'holdout' || UNREACHED.has(reason ?? '') ? 'none' : channel;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  let late = rows.filter(({ reason }) => reason === 'late').length;
  for (const [name, count] of Object.entries(byChannel)) {
    const added = Math.max(0, Math.min(late, count - (counts[name] ?? 0)));
    late -= added;
    if (added > 0) counts[name] = (counts[name] ?? 0) + added;
  }
  return late === 0 ? counts : { ...counts, late };
}

/** Recipients whose local time was over when it was published. */
function lateOf(rows: readonly Row[], { at }: Draft, publishedAt: number, zones: ReadonlyMap<string, string>): number {
  if (at === 'now' || at.timezone !== 'customer') return 0;
  const due = dueOf(at);
  const there = (zone: string) => {
    const parts = new Date(publishedAt).toLocaleString('sv-SE', { timeZone: zone });
    return parts.replace(' ', 'T');
  };
  return rows.filter(({ profileId }) => there(zones.get(profileId) ?? 'Asia/Shanghai') > `${due}:00`).length;
}

function spanOf({ firstAt, lastAt }: Plan, { throttle }: Draft, sent: string[]): string[] {
  const tolerated = TICKS_MS + (throttle === undefined ? 0 : 2 * (durationMs('1m') / throttle.perMinute));
  const isNear = (planned: string, actual: string) => Math.abs(Date.parse(planned) - Date.parse(actual)) <= tolerated;
  const instants = sent.toSorted();
  const [first = '', last = ''] = [instants[0], instants.at(-1)];
  return [
    ...(isNear(firstAt, first) ? [] : [`firstAt: planned ${firstAt}, was ${first}`]),
    ...(isNear(lastAt, last) ? [] : [`lastAt: planned ${lastAt}, was ${last}`]),
  ];
}
