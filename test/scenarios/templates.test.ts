import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;

beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const put = (id: string, content: object, more: object = {}) =>
  cairn.as<{ errors?: { path: string; message: string }[] }>('marketer', 'PUT', `/v1/templates/${id}`, {
    class: 'transactional',
    content,
    ...more,
  });

describe('a template', () => {
  it('is refused where it names what can never be there, and says what is meant', async () => {
    const { status, body } = await put('hello', { sms: { text: '你好 {{ customer.name }}' } });
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      { path: '/content/sms/text', message: expect.stringContaining('did you mean profile.name?') },
    ]);
  });

  it('is refused with the line where MJML would drop a part of it', async () => {
    const mjml = '<mjml><mj-body><mj-section><mj-column>\nDear\n</mj-column></mj-section></mj-body></mjml>';
    const { status, body } = await put('dear', { email: { subject: 'S', mjml } });
    expect(status).toBe(422);
    expect(body.errors).toEqual([
      { path: '/content/email/mjml', message: expect.stringMatching(/^line 2: text between elements/) },
    ]);
  });

  it('shows each customer their own branch between the elements of an MJML', async () => {
    const part = (text: string) => `<mj-text>${text}</mj-text>`;
    const mjml = `<mjml><mj-body><mj-section><mj-column>{% if profile.vip %}${part('Gold')}{% else %}${part('Silver')}{% endif %}</mj-column></mj-section></mj-body></mjml>`;
    expect((await put('branch', { email: { subject: 'S', mjml } })).status).toBe(201);
    for (const [vip, shown, hidden] of [
      [true, 'Gold', 'Silver'],
      [false, 'Silver', 'Gold'],
    ] as const) {
      const { html } = await cairn.ok<{ html: string }>('marketer', 'POST', '/v1/templates/branch/preview', {
        profile: { vip },
      });
      expect(html).toContain(shown);
      expect(html).not.toContain(hidden);
    }
  });

  it("is sent in the customer's language, and dates in their timezone", async () => {
    const text = (words: string) => ({
      sms: { text: `${words} {{ data.at | date: "%H:%M" }} {{ profile.timezone }}` },
    });
    await put('greet', text('你好'), { translations: { 'zh-TW': text('您好'), en: text('Hello') } });
    const locales = { ann: 'zh-CN', mei: 'zh_TW', bob: 'en_US', lee: 'zh-HK' };
    for (const [id, locale] of Object.entries(locales)) {
      const phone = `+86138001380${id.length}${Object.keys(locales).indexOf(id)}`;
      const timezone = id === 'bob' ? 'America/New_York' : undefined;
      await cairn.identify(id, { phone, locale, timezone });
      const data = { at: '2026-11-02T01:00:00.000Z' };
      await cairn.ok('marketer', 'POST', '/v1/messages', { profileId: id, template: 'greet', data });
      await cairn.local('POST', 'settle');
    }
    const sent = (await cairn.outbox()).filter(({ profileId = '' }) => Object.hasOwn(locales, profileId));
    const texts = sent.map(({ profileId, text: said }) => [profileId, said]);
    expect(Object.fromEntries(texts)).toEqual({
      ann: '你好 09:00 Asia/Shanghai',
      mei: '您好 09:00 Asia/Shanghai',
      bob: 'Hello 20:00 America/New_York',
      lee: '你好 09:00 Asia/Shanghai',
    });
  });

  it('is mail from one of our senders, with a footer where its content has no link to unsubscribe', async () => {
    const settings = await cairn.ok<object>('admin', 'GET', '/v1/settings');
    await cairn.ok('admin', 'PUT', '/v1/settings', { ...settings, utm: { source: 'cairn', campaign: 'all' } });
    const html = '<p>Hi <a href="https://shop.example/?utm_source=me">Shop</a></p>';
    const mail = { subject: 'S', html, text: 'Hi', preheader: 'Only today' };
    const refused = await put('news', { email: { ...mail, from: 'Boss <boss@other.example>' } });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toMatchObject([{ path: '/content/email/from' }]);
    const senders = { from: 'News <NO-REPLY@example.com>', replyTo: 'help@example.com' };
    expect(
      (await put('news', { email: { ...mail, ...senders } }, { class: 'marketing', utm: { campaign: 'news' } })).status,
    ).toBe(201);
    await cairn.ok('marketer', 'PUT', '/v1/journeys/news', {
      name: 'News',
      entry: { event: 'Subscribed' },
      start: 'send',
      nodes: { send: { type: 'send', template: 'news', channels: ['email'], next: 'done' }, done: { type: 'end' } },
    });
    await cairn.publish('news');
    await cairn.identify('pat', { email: 'pat@example.org', locale: 'en' });
    await cairn.ok('marketer', 'POST', '/v1/profiles/pat/consents', { key: 'email', granted: true });
    await cairn.track('pat', 'Subscribed');
    await cairn.local('POST', 'settle');
    const sent = (await cairn.outbox()).filter(({ profileId }) => profileId === 'pat');
    expect(sent).toMatchObject([
      {
        from: 'News <no-reply@example.com>',
        replyTo: 'help@example.com',
        html: expect.stringMatching(/Only today.*<p>Hi .*<a href="http[^"]+\/u\/[^"]+"/s),
        text: expect.stringMatching(/^Hi\n\n退订或更改订阅设置：http\S+\/u\/\S+\n$/),
      },
    ]);
    const link = /Hi <a href="([^"]+)"/.exec(sent[0]?.html ?? '')?.[1] ?? '';
    const { status, headers } = await fetch(link, { redirect: 'manual', headers: { 'user-agent': 'Mozilla/5.0' } });
    expect([status, headers.get('location')]).toEqual([302, 'https://shop.example/?utm_source=me&utm_campaign=news']);
    await cairn.ok('admin', 'PUT', '/v1/settings', settings);
  });

  it('is an SMS with a warning where Chinese networks would refuse it, and with the limits of the settings', async () => {
    const refused = expect.stringContaining('sms.signature of the settings');
    const { body } = await cairn.as<{ warnings: object[] }>('marketer', 'PUT', '/v1/templates/sale', {
      class: 'marketing',
      content: { sms: { text: '今日特价' } },
    });
    expect(body.warnings).toEqual([{ path: '/content/sms/text', message: refused }]);
    const journey = {
      name: 'Sale',
      entry: { event: 'Looked' },
      start: 'send',
      validFor: '2h',
      nodes: { send: { type: 'send', template: 'sale', next: 'done' }, done: { type: 'end' } },
    };
    const draft = await cairn.ok<{ warnings: object[] }>('marketer', 'PUT', '/v1/journeys/sale', journey);
    expect(draft.warnings).toContainEqual({ path: '/nodes/send/template', message: refused });
    const settings = await cairn.ok<object>('admin', 'GET', '/v1/settings');
    const sms = { signature: '【Shop】', optOut: '，拒收请回复R', maxPrice: '0.05', timeToLive: '6h' };
    await cairn.ok('admin', 'PUT', '/v1/settings', { ...settings, sms });
    await cairn.publish('sale');
    // Those of its submit.
    const published = await cairn.ok<{ warnings: object[] }>('marketer', 'GET', '/v1/journeys/sale');
    expect(published.warnings).toEqual([expect.objectContaining({ path: '/entry/event' })]);
    const preview = await cairn.ok('marketer', 'POST', '/v1/templates/sale/preview', {});
    const text = '【Shop】今日特价，拒收请回复R';
    expect(preview).toEqual({ text, encoding: 'ucs2', segments: 1, missing: [] });
    await cairn.identify('kai', { phone: '+8613800138097' });
    await cairn.ok('marketer', 'POST', '/v1/profiles/kai/consents', { key: 'sms', granted: true });
    await cairn.track('kai', 'Looked');
    await cairn.local('POST', 'settle');
    const [sent] = (await cairn.outbox()).filter(({ profileId }) => profileId === 'kai');
    expect(sent).toMatchObject({ text, maxPrice: '0.05', timeToLive: 7_200 });
    await cairn.ok('admin', 'PUT', '/v1/settings', settings);
  });

  it('that misses a variable fails the message, which names it; simulate says the same', async () => {
    await put('gift', { sms: { text: '您的券：{{ data.gift.code }}' } });
    await cairn.ok('marketer', 'PUT', '/v1/journeys/gift', {
      name: 'Gift',
      entry: { event: 'Signed Up' },
      start: 'send',
      nodes: { send: { type: 'send', template: 'gift', next: 'done' }, done: { type: 'end' } },
    });
    const { messages } = await cairn.ok<{ messages: object[] }>('marketer', 'POST', '/v1/journeys/gift/simulate', {
      profile: { traits: { phone: '+8613800138099' } },
      events: [],
      until: '1d',
    });
    const failed = { status: 'failed', reason: 'render-failed' };
    const detail = 'data.gift has no value';
    expect(messages).toEqual([expect.objectContaining({ ...failed, detail })]);
    await cairn.publish('gift');
    await cairn.identify('zoe', { phone: '+8613800138098' });
    await cairn.track('zoe', 'Signed Up');
    const { items } = await cairn.ok<{ items: object[] }>('marketer', 'GET', '/v1/messages?profileId=zoe');
    expect(items).toEqual([
      expect.objectContaining({ ...failed, history: [expect.objectContaining({ status: 'failed', detail })] }),
    ]);
  });

  it('that comes out too long, or takes too long, fails the message, which says so', async () => {
    const endless = '{% for a in (1..5000) %}{% for b in (1..5000) %}{% endfor %}{% endfor %}';
    await put('long', { sms: { text: `{% if data.loop %}${endless}{% endif %}{{ data.words }}` } });
    await cairn.identify('liz', { phone: '+8613800138096' });
    for (const data of [{ words: '中'.repeat(671) }, { loop: true, words: 'Hi' }]) {
      await cairn.ok('marketer', 'POST', '/v1/messages', { profileId: 'liz', template: 'long', data });
      await cairn.local('POST', 'settle');
    }
    const { items } = await cairn.ok<{ items: { history: { detail?: string }[] }[] }>(
      'viewer',
      'GET',
      '/v1/messages?profileId=liz',
    );
    expect(items.map(({ history }) => history[0]?.detail).sort()).toEqual([
      'rendering took longer than 500 ms',
      'text is too long: 11 segments, at most 10',
    ]);
    expect(items).toMatchObject([{ reason: 'render-failed' }, { reason: 'render-failed' }]);
    expect((await cairn.outbox()).filter(({ profileId }) => profileId === 'liz')).toEqual([]);
  });

  it('of an update keeps numbers, and writes a whole result as JSON', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/journeys/score', {
      name: 'Score',
      entry: { event: 'Scored' },
      start: 'mark',
      nodes: {
        mark: {
          type: 'update',
          traits: {
            score: '{{ event.points | times: 2 }}',
            text: '{{ event.points }} points',
            all: '{{ event.answer }}',
          },
          next: 'done',
        },
        done: { type: 'end' },
      },
    });
    await cairn.publish('score');
    await cairn.track('kim', 'Scored', { points: 21, answer: { about: 'price' } });
    const { traits } = await cairn.ok<{ traits: object }>('marketer', 'GET', '/v1/profiles/kim');
    expect(traits).toMatchObject({ score: 42, text: '21 points', all: '{"about":"price"}' });
  });
});
