import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { enter, installJourney } from './guardrails-harness.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

interface Job {
  id: string;
  status: string;
  done: number;
  reason?: string;
  url?: string;
}
type Row = Record<string, unknown>;

const DAY = '2026-11-02';
const STRANGE =
  '{"__proto__": {"polluted": true}, "constructor": "x", "=1+1": "@SUM(A1)", "half": "\\ud800 of a pair", "zero": "a\\u0000b"}';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], approval: { required: false }, floors: [] });
  await cairn.ok('marketer', 'PUT', '/v1/segments/paying', { name: 'Paying', if: { trait: 'plan', eq: 'paid' } });
  await cairn.identify('ann', { plan: 'paid', email: 'ann@example.com', phone: '+8613800138000' });
  await cairn.identify('bob', { plan: 'free' });
  await cairn.post('track', {
    userId: 'ann',
    event: 'Order Completed',
    messageId: 'order-1',
    properties: { total: 5 },
  });
  await cairn.post('track', { userId: '=cmd', event: '+Formula', messageId: '-1', properties: JSON.parse(STRANGE) });
  await cairn.identify('=cmd', { nested: JSON.parse(STRANGE) });
  await cairn.post('track', { anonymousId: 'visitor', event: 'Looked', messageId: 'look-1' });
  await installJourney(cairn, 'offer', { event: 'Offered', channel: 'sms', content: { text: 'An offer' } });
  await enter(cairn, 'Offered', 0, 3);
});
afterAll(() => releaseCairn(cairn));

const start = (asked: object) =>
  cairn.as<{ job: string }>('marketer', 'POST', '/v1/exports', { format: 'jsonl', ...asked });
async function ended(asked: object): Promise<Job> {
  const { body } = await start(asked);
  await cairn.advance('1m');
  return cairn.ok<Job>('marketer', 'GET', `/v1/jobs/${body.job}`);
}
const textOf = async ({ url = '' }: Job): Promise<string> => (await fetch(url)).text();
async function rowsOf(asked: object): Promise<Row[]> {
  const job = await ended(asked);
  expect(job).toMatchObject({ status: 'done' });
  const rows = (await textOf(job)).split('\n').flatMap((line): Row[] => (line === '' ? [] : [JSON.parse(line)]));
  expect(rows).toHaveLength(job.done);
  return rows;
}
const ids = (rows: Row[]) => rows.map(({ id }) => String(id)).toSorted();

describe('an export of customers', { shuffle: false }, () => {
  it('has each once, as the API shows them', async () => {
    const rows = await rowsOf({ of: 'profiles' });
    expect(ids(rows)).toEqual(['=cmd', 'ann', 'bob', 'customer-0', 'customer-1', 'customer-2', 'visitor']);
    const ann = rows.find(({ id }) => id === 'ann');
    const shown = await cairn.ok<Row>('marketer', 'GET', '/v1/profiles/ann');
    for (const name of ['traits', 'addresses', 'consent', 'tags', 'timezone', 'locale'])
      expect(ann?.[name], name).toEqual(shown[name]);
    expect(ann).toMatchObject({
      kind: 'user',
      firstSeen: expect.stringContaining(DAY),
      lastSeen: expect.stringContaining(DAY),
    });
  });

  it('is limited to a segment, or to those who were last heard of in a period', async () => {
    expect(ids(await rowsOf({ of: 'profiles', scope: 'segment:paying' }))).toEqual(['ann']);
    expect(await rowsOf({ of: 'profiles', from: '2026-10-01', to: '2026-10-31' })).toEqual([]);
    expect(await rowsOf({ of: 'profiles', from: DAY, to: DAY })).toHaveLength(7);
  });

  it.each(['segment', 'tag', 'list'])('is refused of a %s that there is not', async (kind) => {
    expect(await start({ of: 'profiles', scope: `${kind}:other` })).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/scope', message: `there is no ${kind} other` }] },
    });
  });

  it('is CSV or Parquet, whatever a customer was called', async () => {
    const csv = await ended({ of: 'profiles', format: 'csv' });
    const text = await textOf(csv);
    expect(text.split('\n')[0]).toBe(
      'id,kind,key,traits,groups,timezone,locale,addresses,consent,tags,firstSeen,lastSeen',
    );
    expect(text).toContain("\n'=cmd,user,");
    const parquet = await ended({ of: 'profiles', format: 'parquet' });
    expect(parquet).toMatchObject({ status: 'done', done: 7 });
    expect((await textOf(parquet)).slice(0, 4)).toBe('PAR1');
  });

  it('has nobody who was merged away', async () => {
    await cairn.post('identify', { userId: 'bob', anonymousId: 'visitor', traits: {} });
    await cairn.advance('1m');
    expect(ids(await rowsOf({ of: 'profiles' }))).toEqual([
      '=cmd',
      'ann',
      'bob',
      'customer-0',
      'customer-1',
      'customer-2',
    ]);
  });
});

describe('an export of events', { shuffle: false }, () => {
  it('has each once, with what it says', async () => {
    const rows = await rowsOf({ of: 'events', from: DAY, to: DAY });
    expect(new Set(rows.map(({ messageId }) => messageId)).size).toBe(rows.length);
    expect(rows.find(({ messageId }) => messageId === 'order-1')).toMatchObject({
      profileId: 'ann',
      type: 'track',
      event: 'Order Completed',
      properties: { total: 5 },
      timestamp: expect.stringContaining(DAY),
      receivedAt: expect.stringContaining(DAY),
    });
    expect(rows.find(({ messageId }) => messageId === 'look-1')).toMatchObject({ profileId: 'bob' });
    const strange = rows.find(({ messageId }) => messageId === '-1');
    expect(strange?.properties).toMatchObject({ constructor: 'x', '=1+1': '@SUM(A1)', zero: 'a\u0000b' });
    expect((strange?.properties as Row | undefined)?.half).toBe('\ufffd of a pair');
    expect(await rowsOf({ of: 'events', from: '2026-10-01', to: '2026-10-31' })).toEqual([]);
  });

  it('writes no formula to CSV', async () => {
    const text = await textOf(await ended({ of: 'events', from: DAY, to: DAY, format: 'csv' }));
    expect(text).toContain("\n'-1,");
    expect(text).toContain(",'+Formula,");
  });
});

describe('an export of a flow', { shuffle: false }, () => {
  it('has every step of everybody in a journey, person by person', async () => {
    const rows = await rowsOf({ of: 'flow', scope: 'journey:offer' });
    const people = rows.map(({ person }) => String(person));
    expect(new Set(people).size).toBe(3);
    expect(people).toEqual(people.toSorted());
    const [first] = people;
    const steps = rows.filter(({ person }) => person === first);
    expect(steps[0]).toMatchObject({ step: 'entered', journey: 'offer', version: 1 });
    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['node-entered', 'sent', 'ended']));
    expect(steps.at(-1)).toMatchObject({ step: 'ended' });
    const instants = steps.map(({ at }) => String(at));
    expect(instants).toEqual(instants.toSorted());
    expect(await rowsOf({ of: 'flow', scope: 'journey:other' })).toEqual([]);
  });

  it('says of a campaign’s people who was sent to, and who was left out', async () => {
    const template = { class: 'marketing', topic: 'offers', content: { sms: { text: 'A letter' } } };
    await cairn.ok('marketer', 'PUT', '/v1/templates/letter', template);
    const campaign = {
      name: 'Spring',
      owner: 'growth',
      audience: { segment: 'paying' },
      exclude: { trait: 'no', eq: 'body' },
      template: 'letter',
      channels: ['sms'],
      at: 'now',
    };
    await cairn.ok('marketer', 'PUT', '/v1/campaigns/spring', campaign);
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/submit');
    await cairn.ok('marketer', 'POST', '/v1/campaigns/spring/publish');
    await cairn.advance('10m');
    const rows = await rowsOf({ of: 'flow', scope: 'campaign:spring' });
    expect(rows[0]).toMatchObject({
      step: 'frozen',
      detail: 'recipient',
      campaign: 'spring',
      version: 1,
      occurrence: expect.any(String),
    });
    expect(rows.map(({ step }) => step)).toEqual(expect.arrayContaining(['frozen', 'suppressed']));
    const parquet = await ended({ of: 'flow', scope: 'campaign:spring', format: 'parquet' });
    expect(parquet).toMatchObject({ status: 'done', done: rows.length });
  });
});
