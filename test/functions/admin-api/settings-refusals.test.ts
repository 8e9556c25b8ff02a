import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTables } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

let api: ReturnType<typeof harness>;
let stop: () => Promise<void>;
beforeAll(async () => {
  const tables = await startTables();
  ({ stop } = tables);
  api = harness(tables.client);
});
afterAll(() => stop());

/** Places of the faults. */
async function refused(path: string, raw: string): Promise<unknown> {
  const { status, body } = await api.call('PUT', path, { raw, roles: '[admin]' });
  return status === 422 ? (body.errors as { path: string }[]).map((issue) => issue.path) : status;
}

describe('settings that cannot mean what they say are refused with their place', () => {
  it.each<[object, string]>([
    [{ caps: [{ max: 1, per: 'day', topic: '' }] }, '/caps/0/topic'],
    [{ topics: [' '] }, '/topics/0'],
    [{ topics: [{ id: 'offers ', names: {} }] }, '/topics/0/id'],
    [{ topics: ['news', { id: 'offers', names: { 'no locale': 'Offers' } }] }, '/topics/1/names/no locale'],
    [{ topics: [{ id: 'offers', names: { 'zh-CN': '优惠', zh_cn: '特惠' } }] }, '/topics/0/names/zh_cn'],
    [{ fatigue: [{ channel: 'sms', opened: 3, for: '30d' }] }, '/fatigue/0/channel'],
    [{ fatigue: [{ channel: 'email', opened: 3, for: '0s' }] }, '/fatigue/0/for'],
    [{ reportTraits: ['city', 'phone'] }, '/reportTraits/1'],
    [{ reportTraits: ['city', 'email'] }, '/reportTraits/1'],
    [{ reportTraits: ['city', 'city'] }, '/reportTraits/1'],
    [{ reportTraits: Array.from({ length: 11 }, (_, n) => `trait-${n}`) }, '/reportTraits'],
    [{ locale: 'no locale' }, '/locale'],
    [{ locale: 'x'.repeat(10_000) }, '/locale'],
    [{ optOutWords: ['T', ' \u200b'] }, '/optOutWords/1'],
    [{ sms: { signature: 'x'.repeat(201) } }, '/sms/signature'],
    [{ sms: { optOut: 'x'.repeat(201) } }, '/sms/optOut'],
    [{ validFor: { journey: '0s' } }, '/validFor/journey'],
    [{ validFor: { transactional: '0d' } }, '/validFor/transactional'],
    [
      { webhookChannel: { url: 'https://hub.example/', headers: { team: 'a\r\nb: c' } } },
      '/webhookChannel/headers/team',
    ],
    [{ webhookChannel: { url: 'https://hub.example/', headers: { team: '增长' } } }, '/webhookChannel/headers/team'],
  ])('%j', async (settings, path) => {
    expect(await refused('/v1/settings', JSON.stringify(settings))).toEqual([path]);
  });

  it('but locales may be written in any way', async () => {
    for (const locale of ['zh_CN', 'zh-Hant-TW', 'EN'])
      expect(await refused('/v1/settings', JSON.stringify({ locale, topics: [{ id: 'a', names: { en: 'A' } }] }))).toBe(
        200,
      );
  });
});

describe('what would be stored otherwise than it was sent is refused with its place', () => {
  it.each<[string, string, string]>([
    ['/v1/content/a', '{"kind":"case","fields":{"__proto__":"x"}}', '/fields/__proto__'],
    ['/v1/content/a', '{"kind":"case","match":{"__proto__":["x"]},"fields":{}}', '/match/__proto__'],
    [
      '/v1/templates/a',
      '{"class":"marketing","content":{"webhook":{"body":{"a":[{"__proto__":1}]}}}}',
      '/content/webhook/body/a/0/__proto__',
    ],
    ['/v1/settings', '{"rates":{"__proto__":5}}', '/rates/__proto__'],
    ['/v1/content/a', String.raw`{"kind":"case","fields":{"title":"\ud800"}}`, '/fields/title'],
    ['/v1/templates/a', String.raw`{"class":"marketing","content":{"sms":{"text":"Hi \udc00"}}}`, '/content/sms/text'],
    ['/v1/settings', String.raw`{"brand":{"name":"\ud83d"}}`, '/brand/name'],
  ])('%s %s', async (path, raw, place) => {
    expect(await refused(path, raw)).toEqual([place]);
  });

  it('but whole emoji and names of other prototypes are kept', async () => {
    const fields = { title: '🎁', constructor: 'a', toString: 'b' };
    expect(await api.call('PUT', '/v1/content/kept', { body: { kind: 'case', fields } })).toMatchObject({
      status: 201,
      body: { definition: { fields } },
    });
  });
});

it('a journey whose messages are never valid is refused', async () => {
  const nodes = { done: { type: 'end' } };
  const journey = { name: 'A', owner: 'b', entry: { event: 'C' }, start: 'done', nodes, validFor: '0s' };
  expect(await refused('/v1/journeys/never', JSON.stringify(journey))).toEqual(['/validFor']);
});
