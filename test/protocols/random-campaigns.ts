import { type Campaign, CampaignSchema, templatesOf } from '../../core/campaigns/schema.ts';
import type { Channel } from '../../core/channels/registry.ts';
import { SettingsSchema } from '../../core/definitions/settings.ts';
import { TemplateSchema } from '../../core/templates/schema.ts';
import { Draw } from './random-sending.ts';
import { type Rules, rulesWith } from './rules.ts';
import { type History, HOUR, Script, START } from './script.ts';
import type { CampaignVerb, Refusal, Spell } from './simulation-options.ts';

/** A history of a campaign, with rules of its own. */
export interface CampaignHistory extends History {
  rules: () => Rules;
  campaign: Campaign;
  /** When its people are there, and faults begin. */
  begins: number;
}

export const CAMPAIGN = 'spring';
const CHANNELS: readonly Channel[] = ['push', 'sms', 'email'];
const content = {
  push: { title: 'T', body: 'B' },
  sms: { text: 'T' },
  email: { subject: 'T', html: '<p>T</p>' },
};
const offer = (topic?: string) => ({
  definition: TemplateSchema.parse({ class: 'marketing', ...(topic === undefined ? {} : { topic }), content }),
});
const TEMPLATES = { offer: offer(), news: offer('news'), plain: offer() };
const ZONES = ['Asia/Shanghai', 'Asia/Tokyo', 'Asia/Kolkata', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia'];
const REFUSALS: readonly Refusal[] = ['temporary', 'throttled', 'permanent', 'bad-address', 'silence'];
/** By then its people are known; by then everything but time is over. */
const KNOWN_HOURS = 1;
const ACTS_HOURS = 50;
const UNTIL_HOURS = 120;

/**
 * 5 to 40 customers, some with one address, in several zones, some without consent; a campaign with variants, a pilot, a winner, a holdout, a throttle, at
 * once, at a time, at each one's own, each day or by triggers; people who pause, resume, continue, cancel and archive it, customers who say no and become one.
 */
export function randomCampaign(seed: number): CampaignHistory {
  const draw = new Draw(seed);
  const script = new Script(`campaign-${seed}`);
  const ids = Array.from({ length: 5 + draw.upTo(draw.is(0.3) ? 35 : 12) }, (_, index) => `p${index}`);
  for (const [index, id] of ids.entries()) comes(draw, script, id, index);
  const campaign = campaignOf(draw);
  const rules = rulesOf(draw, campaign);
  const published = KNOWN_HOURS + draw.upTo(3) / 2;
  verb(script, published, 'publish');
  // Most acts come while it is at work.
  const busy = () => (draw.is(0.6) ? soon(draw, published, campaign) : published + draw.upTo(ACTS_HOURS * 60) / 60);
  people(draw, script, busy, campaign);
  changes(draw, script, busy, ids);
  const spells = spellsOf(draw, busy);
  // Last, so that the histories of earlier seeds stay as they are up to here.
  lastWords(draw, script, busy, ids);
  const history = script.until(UNTIL_HOURS);
  return { ...history, rules, campaign, begins: START + KNOWN_HOURS * HOUR, spells };
}

/** It is archived; numbers of customers send STOP. */
function lastWords(draw: Draw, script: Script, busy: () => number, ids: string[]): void {
  if (draw.is(0.15)) verb(script, busy(), 'archive');
  for (let stops = draw.is(0.3) ? 1 + draw.upTo(1) : 0; stops > 0; stops -= 1) {
    const from = draw.is(0.3) ? numberOf(`0${draw.upTo(3)}`) : numberOf(`1${draw.upTo(ids.length - 1)}`);
    const hours = busy();
    script.call(hours, { text: 'STOP', from, at: START + hours * HOUR });
  }
}

const numberOf = (digits: string): string => `+8613800138${digits.padStart(3, '0')}`;

function comes(draw: Draw, script: Script, id: string, index: number): void {
  const shared = (kind: string) => (draw.is(0.25) ? `${kind}${draw.upTo(3)}` : undefined);
  const number = shared('0') ?? `1${index}`;
  script.says(
    id,
    draw.upTo(20) / 60,
    {
      ...draw.maybe(0.85, () => ({ phone: numberOf(number) })),
      ...draw.maybe(0.6, () => ({ email: `${shared('box') ?? id}@example.com` })),
      ...draw.maybe(0.8, () => ({ timezone: draw.of(ZONES) })),
      ...draw.maybe(0.3, () => ({ preferredChannel: draw.of(CHANNELS) })),
      city: draw.is(0.9) ? 'Shanghai' : 'Berlin',
      tier: draw.of(['gold', 'basic', 'basic', 'basic']),
    },
    Object.fromEntries(CHANNELS.map((channel) => [channel, draw.is(0.8)])),
  );
}

const local = (hours: number): string => new Date(START + hours * HOUR + 8 * HOUR).toISOString();

function atOf(draw: Draw): Campaign['at'] {
  const hours = 4 + draw.upTo(20);
  const timezone = draw.is(0.6) ? 'customer' : 'Asia/Shanghai';
  return draw.of<() => Campaign['at']>([
    () => 'now',
    () => 'now',
    () => 'trigger',
    () => ({ time: local(hours).slice(0, 16), timezone }),
    () => ({ time: local(hours).slice(0, 16), timezone }),
    () => ({ every: 'day', time: local(hours).slice(11, 16), timezone }),
  ])();
}

function campaignOf(draw: Draw): Campaign {
  const isFound = draw.is(0.3);
  const hasVariants = isFound || draw.is(0.3);
  const sent = {
    name: 'Spring',
    audience: { trait: 'city', eq: 'Shanghai' },
    ...draw.maybe(0.4, () => ({ exclude: { trait: 'tier', eq: 'gold' } })),
    template: 'offer',
    ...draw.maybe(0.7, () => ({ channels: draw.shuffled(CHANNELS).slice(0, 1 + draw.upTo(2)) })),
    at: atOf(draw),
    late: draw.of(['now', 'next', 'skip']),
    ...(hasVariants ? { variants: variantsOf(draw) } : {}),
    ...(isFound
      ? {
          winner: {
            by: draw.of(['opened', 'clicked', 'converted']),
            sample: draw.of([20, 50, 80]),
            after: draw.of(['30s', '10m', '5h']),
            atLeast: draw.of([1, 100]),
          },
        }
      : draw.maybe(0.4, () => ({ pilot: draw.of([1, 3, 10]) }))),
    ...draw.maybe(0.3, () => ({ holdout: draw.of([10, 40]) })),
    ...draw.maybe(0.6, () => ({ throttle: { perMinute: draw.of([7, 20, 100, 300]) } })),
    ...draw.maybe(0.2, () => ({ window: { hours: [['09:00', '15:00']] } })),
    ...draw.maybe(0.2, () => ({ caps: [{ max: 1, within: '20h' }] })),
    ...draw.maybe(0.3, () => ({ validFor: draw.of(['20m', '3h', '1d']) })),
  };
  return CampaignSchema.parse(sent);
}

const variantsOf = (draw: Draw): object[] => [
  { name: 'gift', weight: 1 + draw.upTo(2), ...draw.maybe(0.3, () => ({ if: { trait: 'tier', eq: 'gold' } })) },
  { name: 'money', template: draw.of(['news', 'plain']) },
  ...(draw.is(0.3) ? [{ name: 'none', weight: draw.upTo(1) }] : []),
];

function rulesOf(draw: Draw, definition: Campaign): () => Rules {
  const settings = SettingsSchema.parse({
    timezone: 'Asia/Shanghai',
    channels: draw.shuffled(CHANNELS),
    topics: ['news'],
    floors: [],
    window: 'none',
    validFor: { campaign: '6h' },
    ...draw.maybe(0.2, () => ({ caps: [{ max: 1, per: 'day' }] })),
    ...draw.maybe(0.15, () => ({ holdout: { share: 0.15 } })),
  });
  const built = rulesWith({}, settings);
  const pins = { templates: Object.fromEntries(templatesOf(definition).map((id) => [id, 1])), journeys: {} };
  return () => ({
    ...built,
    snapshot: { ...built.snapshot, campaigns: [{ id: CAMPAIGN, version: 1, definition, pins }] },
    pointer: { version: 1, channels: {}, journeys: {} },
    templates: TEMPLATES,
    campaigns: { [CAMPAIGN]: { definition, pins } },
  });
}

/** Within the first minutes after one of its instants, in some zone. */
function soon(draw: Draw, published: number, { at }: Campaign): number {
  const seconds = draw.is(0.5) ? draw.upTo(40) : draw.upTo(400);
  if (typeof at === 'string') return published + seconds / 3600;
  const hour = Number(at.time.slice(-5, -3));
  const shanghai = (hour - 9 + 24) % 24;
  const offset = at.timezone === 'customer' ? draw.of([-5, -1, 0, 2.5, 7, 13]) : 0;
  const days =
    'every' in at
      ? draw.upTo(1) * 24
      : (Date.parse(`${at.time.slice(0, 10)}T00:00Z`) - Date.parse('2026-11-02')) / HOUR;
  return Math.max(published, shanghai + days + offset) + seconds / 3600;
}

let calls = 0;
function verb(script: Script, hours: number, name: CampaignVerb, newest = false): void {
  calls += 1;
  script.call(hours, { campaign: CAMPAIGN, verb: name, newest, repeat: `call-${calls}` });
}

/** What marketers do. At the end nothing is paused. */
function people(draw: Draw, script: Script, busy: () => number, { at, pilot }: Campaign): void {
  const length = () => (draw.is(0.7) ? draw.upTo(90) / 3600 : draw.upTo(120) / 60);
  if (at === 'trigger')
    for (let triggers = 1 + draw.upTo(2); triggers > 0; triggers -= 1) verb(script, busy(), 'trigger');
  for (let pauses = draw.upTo(3); pauses > 0; pauses -= 1) {
    const from = busy();
    verb(script, from, 'pause');
    if (draw.is(0.8)) verb(script, from + length(), 'resume');
  }
  for (const channel of draw.some(CHANNELS, 0.2)) {
    const from = busy();
    script.call(from, { hold: channel });
    script.call(from + Math.min(1, length()), { release: channel });
  }
  if (pilot !== undefined)
    for (let times = draw.upTo(3); times > 0; times -= 1) verb(script, busy() + draw.upTo(2) * 0.02, 'continue');
  if (draw.is(0.25)) verb(script, busy(), 'cancel', true);
  if (draw.is(0.12)) verb(script, busy(), 'cancel');
  verb(script, ACTS_HOURS + 30, 'resume');
  for (const channel of CHANNELS) script.call(ACTS_HOURS + 30, { release: channel });
}

/** What becomes of customers meanwhile. */
function changes(draw: Draw, script: Script, busy: () => number, ids: string[]): void {
  for (let acts = draw.upTo(5); acts > 0; acts -= 1) {
    const [id, channel] = [draw.of(ids), draw.of(CHANNELS)];
    const traits = draw.maybe(0.5, () => ({
      ...draw.maybe(0.5, () => ({ city: draw.of(['Shanghai', 'Berlin']) })),
      ...draw.maybe(0.3, () => ({ tier: draw.of(['gold', 'basic']) })),
      ...draw.maybe(0.3, () => ({ timezone: draw.of(ZONES) })),
    }));
    script.says(id, busy(), traits, draw.is(0.7) ? { [channel]: draw.is(0.2) } : {});
  }
  const merges = draw.is(0.4) ? 1 + draw.upTo(2) : 0;
  for (let count = 0; count < merges; count += 1) {
    const [one = '', other = ''] = draw.shuffled(ids);
    script.alias(one, other, busy());
  }
}

const spellsOf = (draw: Draw, busy: () => number): Spell[] =>
  Array.from({ length: draw.upTo(2) }, () => {
    const from = busy();
    return {
      from: START + from * HOUR,
      until: START + (from + draw.of([0.01, 0.2, 3])) * HOUR,
      ...draw.maybe(0.7, () => ({ channel: draw.of(CHANNELS) })),
      as: draw.of(REFUSALS),
    };
  });
