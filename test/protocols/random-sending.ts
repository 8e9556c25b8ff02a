import type { Channel } from '../../core/channels/registry.ts';
import { SettingsSchema } from '../../core/definitions/settings.ts';
import { type EpochMs, type ProfileKey, profileKeyOfUser } from '../../core/ids.ts';
import { type TemplateDefinition, TemplateSchema } from '../../core/templates/schema.ts';
import { seeded } from './faults.ts';
import { type Rules, rulesWith } from './rules.ts';
import { type History, HOUR, Script, START } from './script.ts';
import type { Refusal, Spell } from './simulation-options.ts';

/** What customers said of marketing, as the history posts it. */
export interface Said {
  at: EpochMs;
  /** Whose consent it is, or the number from which it comes. */
  by: { profile: ProfileKey } | { number: string };
  /** Channel, or topic on it. */
  key: string;
  granted: boolean;
}

/** A history of sending, with rules of its own. */
export interface SendingHistory extends History {
  rules: () => Rules;
  said: Said[];
}

const content = {
  push: { title: 'T', body: 'B' },
  sms: { text: 'T' },
  email: { subject: 'T', html: '<p>T</p>' },
};
const templateOf = (definition: object): { definition: TemplateDefinition } => ({
  definition: TemplateSchema.parse({ ...definition, content }),
});
const TEMPLATES = {
  offer: templateOf({ class: 'marketing', topic: 'offers' }),
  news: templateOf({ class: 'marketing', topic: 'news' }),
  plain: templateOf({ class: 'marketing' }),
  code: templateOf({ class: 'transactional' }),
};
const TOPICS = ['offers', 'news'];
const CHANNELS: readonly Channel[] = ['push', 'sms', 'email'];
const JOURNEYS = ['alpha', 'beta'];
const ZONES = ['Asia/Shanghai', 'Asia/Tokyo', 'Asia/Kolkata', 'Europe/Berlin', 'America/New_York', 'Pacific/Apia'];
const NUMBERS = ['+8613800138', '+4915112345', '+8190123456'];
const COUNTRIES = ['CN', 'DE', 'JP'];
const REFUSALS: readonly Refusal[] = ['temporary', 'throttled', 'permanent', 'bad-address', 'silence'];
const HOURS = [
  [['11:00', '15:00']],
  [
    ['08:00', '10:00'],
    ['18:30', '23:00'],
  ],
  [['00:00', '06:00']],
  [['09:15', '24:00']],
];
/** People act in these first hours. Everything has come to an end long before the last ones. */
const ACTS_HOURS = 90;
const UNTIL_HOURS = 16 * 24;

/** Draws what is different from one history to the next. */
export class Draw {
  private readonly random: () => number;
  private readonly hours: number[] = [];

  constructor(seed: number) {
    this.random = seeded(seed);
  }

  /** True for this share of draws. */
  is(share: number): boolean {
    return this.random() < share;
  }

  upTo(most: number): number {
    return Math.floor(this.random() * (most + 1));
  }

  of<One>(all: readonly One[]): One {
    return all[this.upTo(all.length - 1)] as One; // there is one
  }

  some<One>(all: readonly One[], share: number): One[] {
    return all.filter(() => this.is(share));
  }

  shuffled<One>(all: readonly One[]): One[] {
    return all
      .map((one) => ({ one, at: this.random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ one }) => one);
  }

  /** Often a full hour, at which waits end and windows open, a minute before it, or an instant at which something else is done. */
  hour(from: number, most: number): number {
    const hours = from + this.random() * most;
    const others = this.hours.filter((other) => other >= from && other <= from + most);
    const drawn = this.is(0.3) && others.length > 0 ? this.of(others) : this.rounded(hours);
    this.hours.push(drawn);
    return drawn;
  }

  private rounded(hours: number): number {
    if (this.is(0.15)) return Math.ceil(hours) + 59 / 60;
    return this.is(0.4) ? Math.ceil(hours) : Math.round(hours * 60) / 60;
  }

  maybe<Fields extends object>(share: number, fields: () => Fields): Partial<Fields> {
    return this.is(share) ? fields() : {};
  }
}

/**
 * 1 to 4 customers with up to three channels, two journeys of random sends, windows, floors and caps; customers who say no and yes again in every way,
 * travel and change their number; people who pause, resume, archive and send again; providers that fail for a time.
 */
export function randomSending(seed: number): SendingHistory {
  const draw = new Draw(seed);
  const name = `sending-${seed}`;
  const script = new Script(name);
  const said: Said[] = [];
  const customers = ['ann', 'ben', 'cem', 'dag'].slice(0, 1 + draw.upTo(3));
  const rules = rulesOf(draw);
  for (const [index, id] of customers.entries()) live(draw, { script, said, name, id, index });
  people(draw, script);
  return { ...script.until(UNTIL_HOURS), rules, said, spells: spellsOf(draw) };
}

function rulesOf(draw: Draw): () => Rules {
  const settings = SettingsSchema.parse({
    timezone: draw.of(ZONES),
    channels: draw.shuffled(CHANNELS),
    topics: TOPICS,
    caps: capsOf(draw, 2),
    validFor: { journey: draw.of(['3h', '1d', '3d']) },
    ...draw.maybe(0.3, () => ({ window: windowOf(draw) })),
    ...draw.maybe(0.5, () => ({
      floors: draw
        .some(COUNTRIES, 0.6)
        .flatMap((country) =>
          draw.some(CHANNELS, 0.6).map((channel) => ({ country, channel, hours: [['08:00', '22:00']] })),
        ),
    })),
  });
  const built = rulesWith(Object.fromEntries(JOURNEYS.map((id) => [id, journeyOf(draw, id)])), settings);
  return () => ({
    ...built,
    snapshot: { ...built.snapshot },
    pointer: { version: 1, channels: {}, journeys: {} },
    templates: TEMPLATES,
  });
}

const windowOf = (draw: Draw) =>
  draw.is(0.15)
    ? 'none'
    : {
        hours: draw.of(HOURS),
        ...draw.maybe(0.2, () => ({ days: ['mon', 'wed', 'thu', 'sat'] })),
        ...draw.maybe(0.2, () => ({ otherwise: 'skip' })),
      };

const capsOf = (draw: Draw, most: number) =>
  Array.from({ length: draw.upTo(most) }, () => ({
    max: 1 + draw.upTo(2),
    ...(draw.is(0.6) ? { per: 'day' } : { within: draw.of(['90m', '20h', '3d']) }),
    ...draw.maybe(0.25, () => ({ topic: draw.of(TOPICS) })),
    ...draw.maybe(0.25, () => ({ channel: draw.of(CHANNELS) })),
  }));

function journeyOf(draw: Draw, id: string) {
  const sends = 1 + draw.upTo(2);
  const nodes: Record<string, object> = { done: { type: 'end', outcome: 'done' } };
  for (let at = 0; at < sends; at += 1) {
    nodes[`send-${at}`] = {
      type: 'send',
      template: draw.of(['offer', 'offer', 'news', 'plain', 'code']),
      ...draw.maybe(0.6, () => ({ channels: draw.shuffled(CHANNELS).slice(0, 1 + draw.upTo(2)) })),
      ...draw.maybe(0.25, () => ({ window: windowOf(draw) })),
      ...draw.maybe(0.2, () => ({ caps: capsOf(draw, 1) })),
      next: at + 1 < sends ? `wait-${at}` : 'done',
    };
    nodes[`wait-${at}`] = { type: 'wait', for: draw.of(['30s', '1h', '5h', '1d']), next: `send-${at + 1}` };
  }
  delete nodes[`wait-${sends - 1}`];
  return {
    name: id,
    owner: 'growth',
    entry: { event: `Go ${id}`, key: 'n' },
    reentry: 'always',
    exit: [{ event: 'Quit', outcome: 'quit' }],
    ...draw.maybe(0.4, () => ({ window: windowOf(draw) })),
    ...draw.maybe(0.3, () => ({ caps: capsOf(draw, 1) })),
    ...draw.maybe(0.3, () => ({ validFor: draw.of(['50m', '9h', '2d']) })),
    start: 'send-0',
    nodes,
  };
}

interface Customer {
  script: Script;
  said: Said[];
  name: string;
  id: string;
  index: number;
}

function live(draw: Draw, { script, said, name, id, index }: Customer): void {
  const profile = profileKeyOfUser(`${name}-${id}`);
  const numberOf = (of: number) => `${draw.of(NUMBERS)}${String(of).padStart(3, '0')}`;
  const states = (hours: number, consents: Record<string, boolean>, traits: Record<string, unknown> = {}) => {
    script.says(id, hours, traits, consents);
    for (const [key, granted] of Object.entries(consents)) noted(hours, key, granted);
  };
  const noted = (hours: number, key: string, granted: boolean, by: Said['by'] = { profile }) =>
    said.push({ at: START + hours * HOUR, by, key, granted });
  // Some share a number.
  let phone = draw.is(0.3) && index > 0 ? `${NUMBERS[0]}000` : index === 0 ? `${NUMBERS[0]}000` : numberOf(index);
  const came = draw.hour(0, 8);
  const agreed = Object.fromEntries(CHANNELS.map((channel) => [channel, draw.is(0.9)]));
  states(came, agreed, {
    phone,
    email: `${id}@example.com`,
    ...draw.maybe(0.7, () => ({ timezone: draw.of(ZONES) })),
    ...draw.maybe(0.5, () => ({ country: draw.of(COUNTRIES) })),
    ...draw.maybe(0.3, () => ({ preferredChannel: draw.of(CHANNELS) })),
  });
  for (let n = 0; n <= 1 + draw.upTo(3); n += 1)
    script.track('user', id, draw.hour(came, n === 0 ? 1 : ACTS_HOURS), `Go ${draw.of(JOURNEYS)}`, { n: `${id}${n}` });
  for (let acts = draw.upTo(5); acts > 0; acts -= 1) {
    const at = draw.hour(came + 1, ACTS_HOURS);
    const channel = draw.of(CHANNELS);
    const key = draw.is(0.7) ? channel : `${channel}:${draw.of(TOPICS)}`;
    const isGranted = draw.is(0.35);
    draw.of([
      () => states(at, { [key]: isGranted }),
      () => {
        script.call(at, { consent: key, profile: `${name}-${id}`, granted: isGranted });
        noted(at, key, isGranted);
      },
      () => {
        script.call(at, { text: isGranted ? 'start' : 'STOP!', from: phone, at: START + at * HOUR });
        noted(at, 'sms', isGranted, { number: phone });
      },
      () => script.call(at, { report: { profile, ...draw.of(REPORTS) } }),
      () => script.says(id, at, { timezone: draw.of(ZONES) }),
      () => {
        phone = draw.is(0.4) ? `${NUMBERS[0]}000` : numberOf(100 + script.posts.length);
        script.says(id, at, { phone });
      },
      () => script.track('user', id, at, 'Quit'),
    ])();
  }
}

const REPORTS = [
  { receipt: 'complained', address: 'suppressed' },
  { receipt: 'bounced', address: 'bad' },
] as const;

/** Marketers and approvers at work. Some pauses stand at the end. */
function people(draw: Draw, script: Script): void {
  for (const channel of draw.some(CHANNELS, 0.3)) {
    const at = draw.hour(0, ACTS_HOURS);
    script.call(at, { hold: channel, ...draw.maybe(0.3, () => ({ all: true })) });
    if (draw.is(0.85)) script.call(draw.hour(at, 30), { release: channel });
  }
  for (const journey of draw.some(JOURNEYS, 0.25)) {
    const at = draw.hour(0, ACTS_HOURS);
    script.call(at, { pause: journey });
    if (draw.is(0.85)) script.call(draw.hour(at, 30), { resume: journey });
  }
  if (draw.is(0.05)) script.call(draw.hour(0, ACTS_HOURS), { archive: draw.of(JOURNEYS) });
  for (let resends = draw.upTo(2); resends > 0; resends -= 1)
    script.resend(draw.hour(4, ACTS_HOURS + 20), `send-${draw.upTo(2)}`);
}

const spellsOf = (draw: Draw): Spell[] =>
  Array.from({ length: draw.upTo(3) }, () => {
    const from = draw.hour(0, ACTS_HOURS);
    return {
      from: START + from * HOUR,
      until: START + draw.hour(from, draw.of([0.2, 3, 15])) * HOUR,
      ...draw.maybe(0.7, () => ({ channel: draw.of(CHANNELS) })),
      as: draw.of(REFUSALS),
    };
  });
