import type { Channel } from '../../core/channels/registry.ts';
import { durationMs } from '../../core/time/duration.ts';
import { Draw } from '../protocols/random-sending.ts';
import type { Cairn, Sent } from './cairn.ts';
import {
  COSTS,
  type Draft,
  defineCatalog,
  draftOf,
  identifyCustomers,
  type Json,
  publish,
  warmUp,
} from './random-drafts.ts';

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
  await defineCatalog(cairn, draw);
  await identifyCustomers(cairn, draw);
  await warmUp(cairn, draw);
  const draft = draftOf(draw, Date.parse(await cairn.now()));
  const planned = await cairn.ok<Plan>('marketer', 'POST', '/v1/campaigns/spring/plan', draft);
  if (planned.matched === 0) return [];
  const zones = draft.at === 'now' ? new Map<string, string>() : await zonesAt(cairn);
  await publish(cairn, 'spring', draft);
  return (await differencesFrom(cairn, planned, draft, zones)).map((one) => `${one} (${JSON.stringify(draft)})`);
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
