import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { majorUnitsOf } from '../../core/results/minor-units.ts';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

/** One history, as JSON, as CSV, as a mail, as an export, and as the lake has it: the same number under the same name. */
type Figures = Record<string, number>;
interface Row {
  key?: Record<string, unknown>;
  [figure: string]: unknown;
}
interface Fact {
  of: string;
  metric: string;
  detail: string | null;
  machine: boolean;
  message: string | null;
  profile: string | null;
  cost: number | null;
  amount: number | null;
  currency: string | null;
  variant: string | null;
}
interface Counted {
  isTotal: boolean;
  key0: string | null;
  counter: string;
  count: number;
}

let cairn: Cairn;
let day = '';
const PEOPLE = 30;
const NAMES = [
  'recipients',
  'sent',
  'delivered',
  'opened',
  'clicked',
  'machineOpened',
  'machineClicked',
  'converted',
].concat(['revenue', 'cost', 'unsubscribed', 'complained', 'bounced', 'suppressed', 'failed', 'unknown']);
const VARIANTS = ['gift', 'money-off'];
const total = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? Object.values(value).reduce((sum: number, count) => sum + Number(count), 0)
    : Number(value ?? 0);
const figuresOf = (row: Row | undefined): Figures =>
  Object.fromEntries(NAMES.map((name) => [name, total(row?.[name])]));
const path = (more = '') => `/v1/reports/campaign/spring?from=${day}&to=${day}${more}`;

async function sendSpring(): Promise<Map<string, string>> {
  for (const [index, variant] of VARIANTS.entries())
    await cairn.ok('marketer', 'PUT', `/v1/templates/${variant}`, {
      class: 'marketing',
      topic: 'offers',
      content: {
        email: { subject: variant, html: `<p>Hello <a href="https://shop.example/${index}">shop</a></p>` },
        sms: { text: `${variant} https://shop.example/${index}` },
      },
    });
  await cairn.ok('marketer', 'PUT', '/v1/campaigns/spring', {
    name: 'Spring',
    audience: { trait: 'city', exists: true },
    variants: VARIANTS.map((name) => ({ name, weight: 1, template: name })),
    channels: ['email', 'sms'],
    at: 'now',
    goal: { event: 'Order Completed', within: '7d' },
  });
  // Two of those who have no email come back as unknown.
  await cairn.local('POST', 'faults', { provider: 'sms', mode: 'timeout', times: 2 });
  await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/submit');
  await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/publish');
  await cairn.local('POST', 'settle');
  await cairn.local('POST', 'faults', { provider: 'sms', times: 0 });
  const sent = (await cairn.outbox()).filter(({ channel }) => channel === 'email');
  return new Map(sent.map(({ profileId, messageId }) => [profileId, messageId]));
}

beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', {
    approval: { required: false },
    floors: [],
    caps: [],
    guardrails: [],
    locale: 'en',
    money: { costs: { sms: 0.045, email: 0.0007 } },
  });
  const people = Array.from({ length: PEOPLE }, (_, index) => ({
    type: 'identify',
    userId: `p${index}`,
    traits: {
      city: 'Shanghai',
      ...(index % 5 === 4 ? {} : { email: `p${index}@example.com` }),
      ...(index % 10 === 9 ? {} : { phone: `+86138002000${String(index).padStart(2, '0')}` }),
    },
    // Every seventh has never said yes.
    context: { consent: { categoryPreferences: { email: index % 7 !== 6, sms: index % 7 !== 6 } } },
  }));
  await cairn.post('batch', { batch: people });
  const mailed = await sendSpring();
  day = new Date(Date.parse(await cairn.now()) + 8 * 3_600_000).toISOString().slice(0, 10);
  const feedback = async (nth: number, kind: string, more: object = {}) => {
    for (const [index, messageId] of [...mailed.values()].entries())
      if (index % nth === 0) await cairn.local('POST', 'feedback', { messageId, kind, ...more });
    await cairn.local('POST', 'settle');
  };
  await feedback(1, 'delivered');
  await feedback(2, 'opened', { machine: true });
  await feedback(3, 'opened');
  await feedback(6, 'clicked');
  await feedback(5, 'clicked', { machine: true });
  // Who clicks without an open, twice; and late ones of the next day.
  await feedback(7, 'clicked');
  await cairn.advance('20h');
  await feedback(4, 'clicked');
  await feedback(11, 'complained');
  await feedback(13, 'unsubscribed');
  for (const [index, person] of [...mailed.keys()].entries()) {
    if (index % 4 !== 0) continue;
    const order = { order_id: `o-${person}`, total: 19.99 + index, currency: 'CNY' };
    for (const _twice of [1, 2]) await cairn.track(person, 'Order Completed', order);
    if (index === 4)
      await cairn.track(person, 'Order Refunded', { order_id: `o-${person}`, total: 5, currency: 'CNY' });
  }
});
afterAll(() => releaseCairn(cairn));

/** What a person with the exported rows would count. */
function byHand(facts: readonly Fact[]): Figures {
  const of = (metric: string, machine = false) =>
    facts.filter((fact) => fact.of === 'message' && fact.metric === metric && fact.machine === machine);
  const messages = (...lists: Fact[][]) => new Set(lists.flat().map(({ message }) => message)).size;
  const people = ['sent', 'suppressed', 'failed', 'unknown'].flatMap((metric) => of(metric));
  const sum = (numbers: (number | null)[]) => numbers.reduce<number>((all, one) => all + (one ?? 0), 0);
  const earned = sum(
    of('revenue')
      .filter(({ currency }) => currency === 'CNY')
      .map(({ amount }) => amount),
  );
  return {
    recipients: new Set(people.map(({ profile }) => profile)).size,
    sent: of('sent').length,
    delivered: of('delivered').length,
    opened: messages(of('opened'), of('clicked')),
    clicked: messages(of('clicked')),
    machineOpened: of('opened', true).length,
    machineClicked: of('clicked', true).length,
    converted: of('converted').length,
    revenue: majorUnitsOf(earned, 'CNY'),
    cost: sum(of('sent').map(({ cost }) => cost)) / 1e6,
    unsubscribed: of('unsubscribed').length,
    complained: of('complained').length,
    bounced: of('bounced').length,
    suppressed: of('suppressed').length,
    failed: of('failed').length,
    unknown: of('unknown').length,
  };
}

async function exported(): Promise<Fact[]> {
  const facts: Fact[] = [];
  for (const of of ['messages', 'conversions']) {
    const asked = { of, scope: 'campaign:spring', from: day, to: day, format: 'jsonl' };
    const { job } = await cairn.ok<{ job: string }>('marketer', 'POST', '/v1/exports', asked);
    await cairn.advance('1m');
    const { url } = await cairn.ok<{ url: string }>('marketer', 'GET', `/v1/jobs/${job}`);
    const lines = (await (await fetch(url)).text()).trim().split('\n');
    facts.push(...lines.map((line) => JSON.parse(line) as Fact)); // as the export documents it
  }
  return facts;
}

/** Figures of a row of the lake's counters. */
function ofCounters(rows: readonly Counted[]): Figures {
  const counts = (name: string) =>
    rows
      .filter(({ counter }) => counter === name || counter.startsWith(`${name}:`))
      .reduce((sum, one) => sum + one.count, 0);
  const machine = (name: string) => rows.find(({ counter }) => counter === `${name}:machine`)?.count ?? 0;
  const plain = (name: string) => rows.find(({ counter }) => counter === name)?.count ?? 0;
  return {
    ...Object.fromEntries(NAMES.map((name) => [name, plain(name)])),
    machineOpened: machine('opened'),
    machineClicked: machine('clicked'),
    suppressed: counts('suppressed'),
    failed: counts('failed'),
    revenue: majorUnitsOf(counts('revenue'), 'CNY'),
    cost: plain('cost') / 1e6,
  };
}

async function inLake(by: object[]): Promise<Counted[]> {
  const from = Date.parse(`${day}T00:00:00+08:00`);
  const event = {
    query: 'report',
    scope: { kind: 'campaign', id: 'spring' },
    from,
    to: from + 24 * 3_600_000,
    clocks: [{ since: from, offsetMs: 8 * 3_600_000 }],
    by,
  };
  const asked = { function: 'cairn-query-facts', event };
  return (await cairn.local<{ result: Counted[] }>('POST', 'invoke', asked)).result;
}

/** Rows of a CSV without quotes, by the names in its first line. */
function csvRows(text: string): Record<string, string>[] {
  const [head = '', ...lines] = text.trim().split(/\r?\n/);
  const names = head.replace(/^\ufeff/, '').split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [names[index] ?? '', cell])));
}
const ofCsv = (row: Record<string, string> | undefined): Figures =>
  Object.fromEntries(NAMES.map((name) => [name, Number(row?.[name])]));

describe('one history', { shuffle: false }, () => {
  it('is worth comparing: no figure but the failures is 0', async () => {
    const { totals } = await cairn.ok<{ totals: Row }>('viewer', 'GET', path());
    const { failed, bounced, ...others } = figuresOf(totals);
    expect([failed, bounced]).toEqual([0, 0]);
    expect(Object.entries(others).filter(([, count]) => count === 0)).toEqual([]);
  });

  it('has the same totals as JSON, CSV, export and in the lake', async () => {
    const { totals } = await cairn.ok<{ totals: Row }>('viewer', 'GET', path());
    const json = figuresOf(totals);
    const csv = (await cairn.as<string>('viewer', 'GET', path(), undefined, { accept: 'text/csv' })).body;
    expect(ofCsv(csvRows(csv)[0])).toEqual(json);
    expect(byHand(await exported())).toEqual(json);
    expect(ofCounters(await inLake([]))).toEqual(json);
  });

  it('has the same rows by variant', async () => {
    const { rows } = await cairn.ok<{ rows: Row[] }>('viewer', 'GET', path('&by=variant'));
    const text = (await cairn.as<string>('viewer', 'GET', path('&by=variant'), undefined, { accept: 'text/csv' })).body;
    const csv = csvRows(text);
    const facts = await exported();
    const lake = await inLake([{ kind: 'message', name: 'variant', text: 'variant' }]);
    for (const variant of VARIANTS) {
      const json = figuresOf(rows.find(({ key }) => key?.variant === variant));
      expect(json.sent).toBeGreaterThan(5);
      expect(ofCsv(csv.find((row) => row.variant === variant))).toEqual(json);
      expect(byHand(facts.filter((fact) => fact.variant === variant))).toEqual(json);
      expect(ofCounters(lake.filter(({ isTotal, key0 }) => !isTotal && key0 === variant))).toEqual(json);
    }
  });

  it('is in a mail under the same names', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/report-subscriptions/daily', {
      scope: 'campaign:spring',
      every: 'week',
      time: '09:00',
      emails: ['ann@example.com'],
    });
    await cairn.advance('8d');
    const [mail] = (await cairn.outbox()).filter(({ to }) => to === 'ann@example.com');
    const [, from, to] = /(\d{4}-\d\d-\d\d) – (\d{4}-\d\d-\d\d)/.exec(mail?.subject ?? '') ?? [];
    const span = `/v1/reports/campaign/spring?from=${from}&to=${to}`;
    const { totals } = await cairn.ok<{ totals: Row }>('viewer', 'GET', span);
    const json = figuresOf(totals);
    expect(json.sent).toBeGreaterThan(10);
    const lines = new Map(
      (mail?.text ?? '').split('\n').flatMap((line) => {
        const [label, value] = line.split(': ');
        return label === undefined || value === undefined ? [] : [[label, value.replace(/ \(.*$/, '')] as const];
      }),
    );
    const labels = { suppressed: 'Not sent, by a rule', revenue: 'Revenue', cost: 'Cost' } as Record<string, string>;
    for (const name of NAMES.filter((one) => !one.startsWith('machine'))) {
      const shown = lines.get(labels[name] ?? `${name[0]?.toUpperCase()}${name.slice(1)}`);
      const money = name === 'revenue' || name === 'cost';
      const written = money ? `CNY ${Number(json[name]).toFixed(2)}` : String(json[name]);
      expect({ name, shown }).toEqual({ name, shown: written });
      if (mail?.html !== undefined) expect(mail.html).toContain(`>${written}<`);
    }
    expect(mail?.html).toContain('<svg');
  });
});
