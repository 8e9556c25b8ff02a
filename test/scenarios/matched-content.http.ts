import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

type Json = Record<string, unknown>;
interface Faults {
  errors?: { path: string; message: string }[];
}
interface View {
  version: number;
  warnings: { path: string; message: string }[];
  pinned?: { content?: Record<string, number> };
}

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));
beforeEach(async () => {
  await cairn.reset();
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false }, caps: [], country: 'AU' });
});

const item = (title: string, more: Json = {}): Json => ({
  kind: 'case',
  match: { industry: ['retail'] },
  fields: { title },
  ...more,
});
const put = (id: string, body: Json) => cairn.ok<View>('marketer', 'PUT', `/v1/content/${id}`, body);
const TEXT = '{% for one in blocks.cases %}{{ one.title }};{% endfor %}{% unless blocks.cases %}nothing{% endunless %}';
const CASES = { kind: 'case', match: { industry: { trait: 'industry' } }, limit: 2 };
const template = (more: Json = {}): Json => ({
  class: 'transactional',
  content: { sms: { text: TEXT } },
  blocks: { cases: CASES },
  ...more,
});
const putTemplate = (more: Json = {}) => cairn.ok<View>('marketer', 'PUT', '/v1/templates/letter', template(more));
const JOURNEY = {
  name: 'Letters',
  entry: { event: 'Looked' },
  reentry: 'always',
  start: 'breathe',
  nodes: {
    breathe: { type: 'wait', for: '1h', next: 'say' },
    say: { type: 'send', template: 'letter', channels: ['sms'], next: 'done' },
    done: { type: 'end' },
  },
};
const submit = (body: Json = {}) => cairn.ok<View & Json>('marketer', 'POST', '/v1/journeys/letters/submit', body);
const publish = () => cairn.ok<View>('marketer', 'POST', '/v1/journeys/letters/publish');
const meet = (id: string, traits: Json = { industry: 'retail' }) =>
  cairn.identify(id, { phone: `+86138001380${id.charCodeAt(0)}`.slice(0, 14), ...traits });
const textsTo = async (profileId: string) => (await cairn.outbox({ profileId })).map(({ text }) => text);
const sendTo = async (profileId: string): Promise<Json> => {
  const { id } = await cairn.ok<{ id: string }>('marketer', 'POST', '/v1/messages', { profileId, template: 'letter' });
  await cairn.local('POST', 'settle');
  return cairn.ok('viewer', 'GET', `/v1/messages/${id}`);
};

describe('what cannot be', () => {
  it.each<[string, Json, { path: string; message?: string }[]]>([
    [
      'fewer allowed than asked for',
      { blocks: { cases: { ...CASES, atLeast: 3 } } },
      [{ path: '/blocks/cases/atLeast' }],
    ],
    ['too many', { blocks: { cases: { ...CASES, limit: 21 } } }, [{ path: '/blocks/cases/limit' }]],
    ['no number', { blocks: { cases: { kind: 'case' } } }, [{ path: '/blocks/cases/limit' }]],
    ['another choice', { blocks: { cases: { ...CASES, else: 'some' } } }, [{ path: '/blocks/cases/else' }]],
    [
      'a list to match',
      { blocks: { cases: { ...CASES, match: { industry: ['a'] } } } },
      [{ path: '/blocks/cases/match/industry' }],
    ],
    ['a name that Liquid cannot say', { blocks: { cases: CASES, 'my cases': CASES } }, [{ path: '/blocks/my cases' }]],
    [
      'a block that is not declared',
      { translations: { en: { sms: { text: '{{ blocks.case.first.title }}' } } } },
      [{ path: '/translations/en/sms/text', message: 'there is no block case: there are cases' }],
    ],
    [
      'blocks without any',
      { blocks: undefined },
      [{ path: '/content/sms/text', message: 'the template has no blocks, so there is no blocks.cases' }],
    ],
  ])('in a template: %s', async (_name, more, errors) => {
    const { status, body } = await cairn.as<Faults>('marketer', 'PUT', '/v1/templates/letter', template(more));
    expect([status, body.errors]).toEqual([422, errors.map((one) => expect.objectContaining(one))]);
  });

  it.each<[string, Json, string]>([
    ['a value instead of a list', { match: { industry: 'retail' } }, '/match/industry'],
    ['an empty list', { match: { industry: [] } }, '/match/industry'],
    ['a field that is an object', { fields: { title: { a: 1 } } }, '/fields/title'],
    ['fields of more than 8 KB', { fields: { title: '字'.repeat(2_731) } }, '/fields'],
    ['an end that is no instant', { until: 'soon' }, '/until'],
    ['an unknown field', { name: 'x' }, '/name'],
  ])('in an item: %s', async (_name, more, path) => {
    const { status, body } = await cairn.as<Faults>('marketer', 'PUT', '/v1/content/bakery', item('B', more));
    expect([status, body.errors]).toEqual([422, [expect.objectContaining({ path })]]);
  });

  it('is warned of where nothing is of the kind, until something is', async () => {
    const warned = [{ path: '/blocks/cases/kind', message: 'there is no content of the kind case yet' }];
    expect((await putTemplate()).warnings).toEqual(warned);
    const journey = await cairn.ok<View>('marketer', 'PUT', '/v1/journeys/letters', JOURNEY);
    expect(journey.warnings).toContainEqual({ path: '/nodes/say/template', message: warned[0]?.message });
    expect((await put('bakery', item('See {{ profile.name }}'))).warnings).toEqual([
      { path: '/fields/title', message: 'is no Liquid: customers see it as it is' },
    ]);
    expect((await cairn.ok<View>('viewer', 'GET', '/v1/templates/letter')).warnings).toEqual([]);
    expect((await submit()).warnings).not.toContainEqual(expect.objectContaining({ path: '/nodes/say/template' }));
  });
});

describe('a journey', () => {
  it('shows what it pinned at its submit, and other messages the newest', async () => {
    await put('bakery', item('Bakery'));
    await put('clinic', item('Clinic', { match: { industry: ['health'] } }));
    await put('article', item('Article', { kind: 'article' }));
    await put('past', item('Past', { until: '2026-11-02T01:00:00.000Z' }));
    await putTemplate();
    await cairn.ok('marketer', 'PUT', '/v1/journeys/letters', JOURNEY);
    expect((await submit()).pinned).toMatchObject({ content: { bakery: 1, clinic: 1 } });
    await publish();
    await meet('ann');
    await meet('tess', { industry: 'retail', testAccount: true });
    await cairn.track('ann', 'Looked');

    await put('bakery', item('Bakery, corrected'));
    await put('bookshop', item('Bookshop'));
    await cairn.advance('1h');
    expect(await textsTo('ann')).toEqual(['Bakery;']);
    await sendTo('ann');
    expect((await textsTo('ann'))[1]).toBe('Bakery, corrected;Bookshop;');
    await cairn.ok('marketer', 'POST', '/v1/templates/letter/test', { profileIds: ['tess'] });
    await cairn.local('POST', 'settle');
    expect(await textsTo('tess')).toEqual(['Bakery, corrected;Bookshop;']);
    for (const [who, text] of [
      [{ profileId: 'ann' }, 'Bakery, corrected;Bookshop;'],
      [{ profile: { industry: 'health' } }, 'Clinic;'],
      [{ profile: {} }, 'nothing'],
    ])
      expect(await cairn.ok('marketer', 'POST', '/v1/templates/letter/preview', who)).toMatchObject({ text });

    expect(await submit({ dryRun: true })).toMatchObject({
      pins: {
        before: { content: { bakery: 1, clinic: 1 } },
        after: { content: { bakery: 2, bookshop: 1, clinic: 1 } },
      },
    });
    const dry = async () =>
      (
        await cairn.ok<{ messages: { text: string }[] }>('marketer', 'POST', '/v1/journeys/letters/simulate', {
          profile: { traits: { phone: '+8613800138000', industry: 'retail' } },
        })
      ).messages.map(({ text }) => text);
    expect(await dry()).toEqual(['Bakery;']);
    await submit();
    expect(await dry()).toEqual(['Bakery, corrected;Bookshop;']);
    await publish();
    await cairn.track('ann', 'Looked');
    await cairn.advance('1h');
    expect((await textsTo('ann'))[2]).toBe('Bakery, corrected;Bookshop;');
    expect(await cairn.as('marketer', 'POST', '/v1/journeys/letters/submit', {})).toMatchObject({ status: 409 });
  });

  it('keeps an item from being deleted until it was submitted without it, and its runs show it to the end', async () => {
    await put('bakery', item('Bakery'));
    await put('clinic', item('Clinic'));
    await putTemplate();
    await cairn.ok('marketer', 'PUT', '/v1/journeys/letters', JOURNEY);
    const remove = () => cairn.as('marketer', 'DELETE', '/v1/content/bakery');
    await submit();
    const refused = { status: 409, body: { detail: 'It is used by journeys/letters.' } };
    expect(await remove()).toMatchObject(refused);
    await publish();
    expect(await remove()).toMatchObject(refused);
    await meet('ann');
    await cairn.track('ann', 'Looked');

    await put('bakery', item('Bakery', { until: await cairn.now() }));
    expect(await remove()).toMatchObject(refused);
    expect((await submit()).pinned?.content).toEqual({ clinic: 1 });
    // Its live version has it.
    expect(await remove()).toMatchObject(refused);
    await publish();
    expect((await remove()).status).toBe(204);
    expect((await cairn.as('viewer', 'GET', '/v1/content/bakery')).status).toBe(404);
    await cairn.advance('1h');
    expect(await textsTo('ann')).toEqual(['Bakery;Clinic;']);
    await sendTo('ann');
    expect((await textsTo('ann'))[1]).toBe('Clinic;');
  });

  it('leaves out what is over when the message leaves, to the second', async () => {
    await put('bakery', item('Bakery', { until: '2026-11-02T02:00:01.000Z' }));
    await putTemplate();
    await cairn.ok('marketer', 'PUT', '/v1/journeys/letters', JOURNEY);
    await publish();
    await meet('ann');
    await meet('bob');
    await cairn.track('ann', 'Looked');
    await cairn.advance('1s');
    await cairn.track('bob', 'Looked');
    await cairn.advance('1h');
    expect([await textsTo('ann'), await textsTo('bob')]).toEqual([['Bakery;'], ['nothing']]);
  });
});

describe('a message', () => {
  it('fails before the provider is called where an item lacks a field that is shown', async () => {
    await put('bakery', item('Bakery', { fields: { name: 'Bakery' } }));
    await putTemplate();
    await meet('ann');
    expect(await sendTo('ann')).toMatchObject({
      status: 'failed',
      reason: 'render-failed',
      history: [{ status: 'failed', detail: expect.stringContaining('one.title has no value') }],
    });
    expect(await cairn.outbox()).toEqual([]);
  });

  it('fails where its items make it too long, by the bounds of every message', async () => {
    await put('bakery', item('b'.repeat(5_000)));
    await putTemplate();
    await meet('ann');
    expect(await sendTo('ann')).toMatchObject({
      reason: 'render-failed',
      history: [{ detail: expect.stringContaining('text is too long') }],
    });
    const loops = '{% for n in (1..9999) %}{% for one in blocks.cases %}{{ one.title }}{% endfor %}{% endfor %}';
    await putTemplate({ content: { sms: { text: loops } } });
    expect(await sendTo('ann')).toMatchObject({
      reason: 'render-failed',
      history: [{ detail: expect.stringMatching(/too much memory|longer than 500 ms|too long/) }],
    });
  });

  it('shows fields in HTML as other data: escaped', async () => {
    await put('bakery', item('Tea & <b>co</b>'));
    await putTemplate({ content: { email: { subject: '{{ blocks.cases.first.title }}', html: `<p>${TEXT}</p>` } } });
    const seen = await cairn.ok<{ subject: string; html: string }>('marketer', 'POST', '/v1/templates/letter/preview', {
      profile: { industry: 'retail' },
    });
    expect(seen.subject).toBe('Tea & <b>co</b>');
    expect(seen.html).toContain('<p>Tea &amp; &lt;b&gt;co&lt;/b&gt;;</p>');
  });
});
