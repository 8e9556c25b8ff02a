import { describe, expect, it } from 'vitest';
import { smsSize } from '../../../core/channels/sms/segments.ts';
import { RenderError, renderLiquid, valueOfLiquid } from '../../../core/templates/liquid.ts';
import { unknownJourneyVariable, unknownTemplateVariable } from '../../../core/templates/liquid-roots.ts';

const variables = {
  profile: { name: '<b>"Lin" & 王', timezone: 'Asia/Shanghai' },
  data: {
    at: '2026-11-27T23:30:00.000Z',
    day: '2026-11-27',
    local: '2026-11-27T10:00',
    total: 3,
    answer: { about: 'price' },
    sizes: ['S', 'M'],
    items: [{ sku: 'a' }],
  },
};

describe('a value in HTML', () => {
  const escaped = '&lt;b&gt;&#34;Lin&#34; &amp; 王';
  it.each([
    ['{{ profile.name }}', escaped],
    ['{{ profile.name | escape }}', escaped],
    ['{{ profile.name | h }}', undefined],
    ['{{ profile.name | escape_once }}', escaped],
    ['{{ profile.name | escape | raw }}', escaped],
    ['{{ profile.name | raw }}', variables.profile.name],
    ['{{ "a\n<b" | newline_to_br }}', 'a<br />\n&lt;b'],
    ['{{ "a\n<b" | escape | newline_to_br }}', 'a<br />\n&lt;b'],
  ])('%j is escaped once', (source, html) => {
    if (html === undefined) expect(() => renderLiquid(source, variables, 'html')).toThrow(RenderError);
    else expect(renderLiquid(source, variables, 'html')).toBe(html);
  });
});

describe('a value in a URL', () => {
  it.each([
    ['https://a.cn/?q={{ profile.name }}', 'https://a.cn/?q=%3Cb%3E%22Lin%22%20%26%20%E7%8E%8B'],
    ['https://a.cn/?q={{ profile.name | url_encode }}', 'https://a.cn/?q=%3Cb%3E%22Lin%22+%26+%E7%8E%8B'],
    ['https://a.cn/{{ data.total }}/{{ "x/../y" }}', 'https://a.cn/3/x%2F..%2Fy'],
    ['https://a.cn/{{ "x/y" | raw }}', 'https://a.cn/x/y'],
    ['https://a.cn/{{ "\ud83d" }}', 'https://a.cn/%EF%BF%BD'],
  ])('%s is percent-encoded once', (source, url) => {
    expect(renderLiquid(source, variables, 'url')).toBe(url);
  });
});

describe('a date', () => {
  it.each([
    ['{{ data.at | date: "%m-%d %H:%M" }}', '11-28 07:30'],
    ['{{ data.at | date: "%m-%d %H:%M", "America/New_York" }}', '11-27 18:30'],
    ['{{ data.at | date_to_string }}', '28 Nov 2026'],
    ['{{ data.day | date: "%m-%d %H:%M" }}', '11-27 00:00'],
    ['{{ data.local | date: "%m-%d %H:%M" }}', '11-27 10:00'],
  ])("%s is shown in the customer's timezone, and a day stays that day", (source, shown) => {
    expect(renderLiquid(source, variables)).toBe(shown);
  });

  it('is shown in UTC where the timezone is unknown', () => {
    const profile = { timezone: 'Nowhere/Land' };
    expect(renderLiquid('{{ data.at | date: "%H:%M" }}', { ...variables, profile })).toBe('23:30');
  });
});

describe('a result', () => {
  it('is written as JSON where it is no plain value', () => {
    expect(renderLiquid('{{ data.answer }} {{ data.items }} {{ data.sizes }}', variables)).toBe(
      '{"about":"price"} [{"sku":"a"}] SM',
    );
    expect(renderLiquid('{{ data.answer }}', variables, 'html')).toBe('{&#34;about&#34;:&#34;price&#34;}');
  });

  it.each([
    ['{{ data.total | plus: 1 }}', 4],
    [' {{- data.total -}} ', 3],
    ['{{ data.total }} pieces', '3 pieces'],
    ['{{ data.total }}{{ data.total }}', '33'],
    ['{{ data.answer }}', '{"about":"price"}'],
    ['{{ data.total | divided_by: 0.0 }}', 'Infinity'],
    ['plain', 'plain'],
  ])('of %j alone stays the number that it is', (source, value) => {
    expect(valueOfLiquid(source, variables)).toEqual(value);
  });
});

describe('a value that is null', () => {
  const given = { data: { name: null, at: null, items: [{ sku: 'a' }, { sku: null }, null], inner: { x: null } } };

  it.each([
    ['Hi {{ data.name }}!', 'data.name'],
    ['{{ data.at | date: "%Y" }}', 'data.at'],
    ['{% for item in data.items %}{{ item.sku }}{% endfor %}', 'item.sku'],
    ['{{ data.items[2] }}', 'data.items.2'],
    ['{{ data.inner.x.y }}', 'data.inner.x'],
    ['{% assign name = data.name %}{{ name }}', 'name'],
    ['{% assign name = data.nobody %}{{ name }}', 'name'],
  ])('is missing as one that is not there is: %s', (source, missing) => {
    expect(() => renderLiquid(source, given)).toThrow(expect.objectContaining({ missing }));
    expect(() => valueOfLiquid(source, given)).toThrow(RenderError);
  });

  it.each([
    ["{{ data.name | default: 'you' }}", 'you'],
    ['{% if data.name %}a{% else %}b{% endif %}', 'b'],
    ['{% if data.name == null %}a{% else %}b{% endif %}', 'a'],
    ['{% if data.name == nil %}a{% endif %}{% if data.name == "x" %}b{% endif %}', 'a'],
    ['{% unless data.inner.x.y %}a{% endunless %}', 'a'],
    ['{% case data.name %}{% when "x" %}x{% else %}y{% endcase %}', 'y'],
    ['{{ data.items.size }}', '3'],
    ["{{ data.items | map: 'sku' | compact | join: ',' }}", 'a'],
  ])('may be tested, and have a default: %s', (source, text) => {
    expect(renderLiquid(source, given)).toBe(text);
  });
});

describe('a variable that can never be there', () => {
  it.each([
    ['{{ name }}', 'profile.name'],
    ['{{ customer.first_name | upcase }}', 'profile.first_name'],
    ['{{ profil.name }}', 'profile.name'],
    ['{{ Profile.name }}', 'profile.name'],
    ['{% if user.vip %}VIP{% endif %}', 'profile.vip'],
    ['{{ properties.total }}', 'event.total'],
    ['{{ coupons.code }}', 'coupon.code'],
    ['{{ unsubscribe_url }}', 'unsubscribeUrl'],
    ['{{ constructor }}', 'profile.constructor'],
    ['{{ __proto__.x }}', 'profile.__proto__.x'],
  ])('%s is refused, and %s is proposed', (source, proposed) => {
    expect(unknownTemplateVariable(source)).toContain(`did you mean ${proposed}?`);
  });

  it.each([
    '{{ profile["first name"] }} {{ data.gift.code }} {{ event.total }} {{ coupon.code }} {{ unsubscribeUrl }}',
    '{% assign total = data.total | plus: 1 %}{{ total }}{% capture all %}{{ total }}{% endcapture %}{{ all }}',
    '{% for item in data.items %}{{ item.sku }} {{ forloop.index }}{% endfor %}',
    '{{ "now" | date: "%Y" }}',
    'no Liquid at all: { name }',
  ])('is none of those that are there, or that the text assigns: %s', (source) => {
    expect(unknownTemplateVariable(source)).toBeUndefined();
  });

  it("has no link to unsubscribe in a journey's own strings", () => {
    expect(unknownJourneyVariable('{{ unsubscribeUrl }}')).toContain('there is no variable unsubscribeUrl');
  });
});

describe('the parts of a long SMS', () => {
  it.each([
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    [`${'a'.repeat(159)}€`, 2],
    // 306 septets, but the escape and its character would be split after the 153rd
    [`${'a'.repeat(152)}€${'b'.repeat(152)}`, 3],
    [`${'a'.repeat(151)}€${'b'.repeat(153)}`, 2],
    ['中'.repeat(70), 1],
    ['中'.repeat(71), 2],
    // 134 units, but the surrogate pair would be split after the 67th
    [`${'中'.repeat(66)}😀${'中'.repeat(66)}`, 3],
    [`${'中'.repeat(65)}😀${'中'.repeat(67)}`, 2],
  ])('of %j never split a character', (text, segments) => {
    expect(smsSize(text)).toMatchObject({ segments });
  });
});
