import { describe, expect, it, vi } from 'vitest';
import type { Channel } from '../../../core/channels/registry.ts';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { checkTemplate, contentWarnings } from '../../../core/templates/check.ts';
import { renderOrMissing } from '../../../core/templates/missing.ts';
import { syntheticForLiquid } from '../../../core/templates/profile.ts';
import { RenderError, type RenderOptions, render, type Variables } from '../../../core/templates/render.ts';
import type { Content, TemplateDefinition } from '../../../core/templates/schema.ts';

const UNSUBSCRIBE = 'https://cairn.example.com/u/token';
const PLACE = { timezone: 'Asia/Shanghai', locale: 'zh-CN' };
const variables = (over: Partial<Variables> = {}): Variables => ({
  profile: syntheticForLiquid({ name: 'Lin' }, PLACE),
  data: {},
  event: {},
  unsubscribeUrl: UNSUBSCRIBE,
  ...over,
});
const template = (content: Content, over: Partial<TemplateDefinition> = {}): TemplateDefinition => ({
  class: 'marketing',
  content,
  ...over,
});
const options = (links: string[] = [], over: Partial<RenderOptions> = {}): RenderOptions => ({
  locale: 'zh-CN',
  baseLocale: 'zh-CN',
  settings: { sms: { signature: '', optOut: '' } },
  link: (url) => `<${links.push(url)}>`,
  class: 'marketing',
  ...over,
});

function sms(text: string, over: Partial<TemplateDefinition> = {}) {
  const links: string[] = [];
  const definition = template({ sms: { text } }, over);
  return { rendered: render(definition, 'sms', variables(), options(links, { class: definition.class })), links };
}

describe('a link in an SMS', () => {
  it.each([
    ['看看https://a.cn/x?b=1领取', '看看<1>领取', 'https://a.cn/x?b=1'],
    ['See https://a.cn/x.', 'See <1>.', 'https://a.cn/x'],
    ['(https://a.cn/x), or', '(<1>), or', 'https://a.cn/x'],
    ['https://a.cn/，退订回T', '<1>，退订回T', 'https://a.cn/'],
  ])('ends where its characters end: %s', (text, shown, link) => {
    expect(sms(text)).toMatchObject({ rendered: { text: shown }, links: [link] });
  });

  it('is left alone where it unsubscribes, or the template does not track', () => {
    expect(sms('{{ unsubscribeUrl }}').links).toEqual([]);
    expect(sms('https://a.cn/x', { track: false })).toMatchObject({ rendered: { text: 'https://a.cn/x' }, links: [] });
  });
});

describe('a link in HTML', () => {
  it('is rewritten however its anchor is written, but not the one that unsubscribes', () => {
    const links: string[] = [];
    const html = `<a class="b" href = 'https://a.cn/?x=1&amp;y=2'>x</a><a data-href="https://b.cn">y</a><a href="{{ unsubscribeUrl }}">z</a>`;
    const rendered = render(template({ email: { subject: 'S', html } }), 'email', variables(), options(links));
    expect(links).toEqual(['https://a.cn/?x=1&y=2']);
    expect(rendered).toMatchObject({
      html: `<a class="b" href = '<1>'>x</a><a data-href="https://b.cn">y</a><a href="${UNSUBSCRIBE}">z</a>`,
    });
  });
});

describe('an SMS', () => {
  it('is shown with its encoding: one character outside GSM makes it UCS-2', () => {
    expect(sms('a'.repeat(160)).rendered).toMatchObject({ encoding: 'gsm', segments: 1 });
    expect(sms(`${'a'.repeat(159)}’`).rendered).toMatchObject({ encoding: 'ucs2', segments: 3 });
  });

  const NAME = 'the name of the sender in 【】 (sms.signature of the settings)';
  const OPT_OUT = 'a text to opt out (sms.optOut of the settings)';
  it.each([
    ['Sale', {}, {}, [NAME, OPT_OUT]],
    ['Sale', {}, { signature: '【Shop】', optOut: '拒收请回复R' }, []],
    ['【Shop】Sale', {}, {}, [OPT_OUT]],
    ['【Shop】Sale，回T退订', {}, {}, []],
    ['Code 1234', { class: 'transactional' }, {}, [NAME]],
  ] as const)('that Chinese networks would refuse is a warning: %s %j %j', (text, over, settings, missing) => {
    const definition = template({ sms: { text } }, over);
    const asked = (country: string) => contentWarnings(definition, SettingsSchema.parse({ country, sms: settings }));
    const message = `Chinese networks may refuse it: it would lack ${missing.join(' and ')}`;
    expect(asked('CN')).toEqual(missing.length === 0 ? [] : [{ path: '/content/sms/text', message }]);
    expect(asked('US')).toEqual([]);
  });
});

describe('the parameters of the settings and of the template', () => {
  const linksOf = (url: string, over: Partial<TemplateDefinition> = {}) => {
    const links: string[] = [];
    const settings = { sms: { signature: '', optOut: '' }, utm: { source: 'cairn', medium: 'sms', campaign: 'all' } };
    render(template({ sms: { text: url } }, over), 'sms', variables(), options(links, { settings }));
    return links;
  };

  it.each([
    ['https://a.cn/', 'https://a.cn/?utm_source=cairn&utm_medium=sms&utm_campaign=all'],
    ['https://a.cn/x?b=%20+c#d?e', 'https://a.cn/x?b=%20+c&utm_source=cairn&utm_medium=sms&utm_campaign=all#d?e'],
    ['https://a.cn/?utm_source=me&utm_medium=', 'https://a.cn/?utm_source=me&utm_medium=&utm_campaign=all'],
    ['https://a.cn/?utm_source=&utm_medium=x&utm_campaign=y', 'https://a.cn/?utm_source=&utm_medium=x&utm_campaign=y'],
  ])('are added to a counted link, never over one that is there: %s', (url, link) => {
    expect(linksOf(url)).toEqual([link]);
  });

  it('are those of the template first, and none where links are not counted', () => {
    const utm = { campaign: 'spring & 夏' };
    expect(linksOf('https://a.cn/', { utm })).toEqual([
      'https://a.cn/?utm_source=cairn&utm_medium=sms&utm_campaign=spring%20%26%20%E5%A4%8F',
    ]);
    expect(linksOf('https://a.cn/', { utm, track: false })).toEqual([]);
  });
});

describe('a marketing email', () => {
  const email = (content: Omit<NonNullable<Content['email']>, 'subject'>, over: Partial<TemplateDefinition> = {}) => {
    const definition = template({ email: { subject: 'S', ...content } }, over);
    const more = { class: definition.class, locale: 'en-US' };
    return render(definition, 'email', variables(), options([], more)) as { html?: string; text?: string };
  };
  const link = `<a href="${UNSUBSCRIBE}" style="color:#666666">退订或更改订阅设置</a>`;

  it('gets a footer in each part whose content has no link by which to unsubscribe', () => {
    const { html, text } = email({ html: '<body><p>Hi</p></body></html>', text: 'Hi\n' });
    expect(html).toMatch(/^<body><p>Hi<\/p><div [^>]*><a [^>]*>退订或更改订阅设置<\/a><\/div><\/body><\/html>$/);
    expect(html).toContain(link);
    expect(text).toBe(`Hi\n\n退订或更改订阅设置：${UNSUBSCRIBE}\n`);
    expect(email({ html: '<p>Hi</p>' }).html).toContain(link);
  });

  it('gets it in the language of its translation', () => {
    const translated = (locale: string) =>
      email({ text: 'Hi' }, { translations: { [locale]: { email: { subject: 'S', text: 'Hi' } } } }).text;
    expect(translated('en')).toBe(`Hi\n\nUnsubscribe or change your preferences: ${UNSUBSCRIBE}\n`);
    expect(translated('zh-TW')).toContain('退订或更改订阅设置：');
    const taiwan = template({ email: { subject: 'S', text: 'Hi' } });
    expect(render(taiwan, 'email', variables(), options([], { locale: 'zh-TW', baseLocale: 'zh-TW' }))).toMatchObject({
      text: `Hi\n\n取消訂閱或變更訂閱設定：${UNSUBSCRIBE}\n`,
    });
  });

  it('gets none where its content has the link, and customers see it', () => {
    const html = '<p>Hi</p><a href="{{ unsubscribeUrl }}">Bye</a>';
    expect(email({ html, text: '{{ unsubscribeUrl }}' })).toMatchObject({
      html: `<p>Hi</p><a href="${UNSUBSCRIBE}">Bye</a>`,
      text: UNSUBSCRIBE,
    });
    expect(email({ html: '<!-- {{ unsubscribeUrl }} --><p>Hi</p>' }).html).toContain(link);
    expect(email({ html: '<p>Hi</p>{% if false %}{{ unsubscribeUrl }}{% endif %}' }).html).toContain(link);
    expect(email({ html: '<p>Hi</p>' }, { class: 'transactional' }).html).toBe('<p>Hi</p>');
  });

  it('has its preheader hidden at the beginning of the body, as text', () => {
    const { html } = email({ html: '<html><body bgcolor="#fff"><p>Hi</p></body>', preheader: '{{ profile.name }} <3' });
    expect(html).toMatch(
      /^<html><body bgcolor="#fff"><div style="display:none;[^"]*">Lin &#60;3(&#8199;&#847;)+<\/div><p>Hi/,
    );
  });
});

describe('a message that is too much', () => {
  const fails = (content: Content, data: Record<string, unknown> = {}) => {
    const [channel = 'sms'] = Object.keys(content) as Channel[];
    try {
      render(template(content), channel, variables({ data }), options());
    } catch (error) {
      return error instanceof RenderError ? error.detail : error;
    }
    return undefined;
  };
  const endless = '{% for a in (1..5000) %}{% for b in (1..5000) %}{% endfor %}{% endfor %}';

  it('fails when half a second is over, whatever its loops', () => {
    expect(fails({ sms: { text: endless } })).toBe('rendering took longer than 500 ms');
  });

  it('has one budget for all its parts', () => {
    // Every look at the clock takes 30 ms: two parts take less than the budget, four take more.
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 30;
      return now;
    });
    try {
      const part = '{{ profile.name }}'.repeat(5);
      expect(fails({ email: { subject: part, html: 'Hi' } })).toBeUndefined();
      expect(fails({ email: { subject: 'Hi', html: part, text: part } })).toBeUndefined();
      expect(fails({ email: { subject: part, preheader: part, html: part, text: part } })).toBe(
        'rendering took longer than 500 ms',
      );
    } finally {
      clock.mockRestore();
    }
  });

  it('names the list or text that is too long', () => {
    const long = { long: 'x'.repeat(200_000) };
    const twice = '{{ data.long }}{{ data.long }}';
    expect(fails({ email: { subject: 'S', text: twice } }, long)).toBe(
      'text is too long: 400000 bytes, at most 262144',
    );
    expect(fails({ email: { subject: '{{ data.long }}', text: 'T' } }, long)).toBe(
      'subject is too long: 200000 characters, at most 998',
    );
    expect(fails({ sms: { text: '{{ data.long }}' } }, { long: 'x'.repeat(1_531) })).toBe(
      'text is too long: 11 segments, at most 10',
    );
    expect(fails({ push: { title: 'T', body: '{{ data.long }}' } }, { long: '中'.repeat(1_200) })).toBe(
      'title, body and link is too long: 3601 bytes, at most 3500',
    );
    expect(fails({ webhook: { body: { a: twice } } }, long)).toBe('body is too long: 400008 bytes, at most 262144');
    expect(fails({ sms: { text: '{% for a in (1..9000000) %}{% endfor %}' } })).toBe(
      'rendering needed too much memory: a list or text is too long',
    );
  });
});

describe('what Liquid sees', () => {
  it('has the traits by their names and under `traits`', () => {
    expect(sms('{{ profile.name }} {{ profile.traits.name }}').rendered).toMatchObject({ text: 'Lin Lin' });
    expect(syntheticForLiquid({ id: 'ann', locale: 'en', traits: { name: 'Lin' } }, PLACE)).toEqual({
      id: 'ann',
      timezone: 'Asia/Shanghai',
      locale: 'en',
      name: 'Lin',
      traits: { name: 'Lin' },
    });
  });

  it.each(['{% include "x" %}', '{% render "x" %}', '{% layout "x" %}'])('are no files: %s is refused', (text) => {
    expect(checkTemplate(template({ sms: { text } }))).toMatchObject([{ path: '/content/sms/text' }]);
  });
});

describe('a message that says nothing', () => {
  const GOLD = '{% if profile.vip %}Gold{% endif %} ';
  it.each<[Channel, Content, string]>([
    ['sms', { sms: { text: GOLD } }, 'text came out empty'],
    ['push', { push: { title: GOLD, body: GOLD } }, 'title and body came out empty'],
    ['email', { email: { subject: GOLD, html: '<p>x</p>' } }, 'subject came out empty'],
    ['email', { email: { subject: 'S', text: GOLD } }, 'text came out empty'],
    ['email', { email: { subject: 'S', html: GOLD, text: GOLD } }, 'html and text came out empty'],
  ])('is none: %s %j', (channel, content, fault) => {
    const signed = options([], { settings: { sms: { signature: '【Shop】', optOut: ' TD' } } });
    const seen = () => render(template(content), channel, variables(), signed);
    expect(seen).toThrow(expect.objectContaining({ detail: fault }));
  });

  it('is one where a part of it is left', () => {
    const push = { title: 'T', body: GOLD };
    expect(render(template({ push }), 'push', variables(), options())).toMatchObject({ title: 'T' });
  });

  it('is not called for a preview that misses a variable', () => {
    const content = { sms: { text: '{{ data.text }}' } };
    expect(renderOrMissing(variables(), (filled) => render(template(content), 'sms', filled, options()))).toEqual({
      missing: ['data.text'],
    });
  });
});

describe('variables that are not there', () => {
  const seen = (text: string, given: Partial<Variables> = {}) =>
    renderOrMissing(variables(given), (filled) => render(template({ sms: { text } }), 'sms', filled, options()));

  it('are all named, each by its whole path', () => {
    expect(
      seen(
        '{{ profile.city }} {{ coupon.code }} {{ data.answer.about }} {% for one in data.items %}{{ one }}{% endfor %}',
      ),
    ).toEqual({ missing: ['profile.city', 'coupon.code', 'data.answer.about', 'data.items'] });
    expect(seen('{{ data.items[1].name }}', { data: { items: [{ name: 'a' }, {}] } })).toEqual({
      missing: ['data.items.1.name'],
    });
  });

  it('are named at once, however large an index is', () => {
    const data = { items: ['a'] };
    expect(seen('{{ data.items[999999999] }}{{ data.items[999999998].x }}', { data })).toEqual({
      missing: ['data.items.999999999', 'data.items.999999998.x'],
    });
  });

  it('are not missed where there is a default, or only `if` asks', () => {
    expect(seen("{{ profile.city | default: 'there' }}{% if data.vip %}!{% endif %}")).toMatchObject({
      rendered: { text: 'there' },
    });
  });
});
