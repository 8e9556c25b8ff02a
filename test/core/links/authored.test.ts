import { describe, expect, it } from 'vitest';
import { isFetchedAhead, isFollowedByMachine, isMachine } from '../../../core/links/machines.ts';
import { webAddress } from '../../../core/links/web-address.ts';
import { type RenderOptions, render, type Variables } from '../../../core/templates/render.ts';
import type { Content } from '../../../core/templates/schema.ts';

const variables: Variables = {
  profile: { site: 'https://evil.example/x', host: 'evil.example', id: 'a b/商品', quote: `"'<>` },
  data: {},
  event: {},
  unsubscribeUrl: 'https://cairn.example/u/token',
};

function rendered(content: Content): { text: string; links: string[] } {
  const links: string[] = [];
  const options: RenderOptions = {
    locale: 'zh-CN',
    baseLocale: 'zh-CN',
    settings: { sms: { signature: '', optOut: '' } },
    link: (url) => `https://t.co/${links.push(url)}`,
    class: 'transactional',
  };
  const channel = content.email === undefined ? 'sms' : 'email';
  const result = render({ class: 'transactional', content }, channel, variables, options);
  return {
    text: result?.channel === 'email' ? (result.html ?? '') : result?.channel === 'sms' ? result.text : '',
    links,
  };
}
const html = (source: string) => rendered({ email: { subject: 'S', html: source } });
const sms = (text: string) => rendered({ sms: { text } });

describe('a link that is counted in HTML', () => {
  it.each([
    ['https://a.cn/p?x=1&amp;y=2', 'https://a.cn/p?x=1&y=2'],
    ['https://a.cn/p?x=1&#38;y=2', 'https://a.cn/p?x=1&y=2'],
    ['https://a.cn/&#x5546;品', 'https://a.cn/%E5%95%86%E5%93%81'],
    ['https://a.cn/?q=&quot;a&lt;b&gt;&apos;', 'https://a.cn/?q=%22a%3Cb%3E%27'],
    ['https://商店.cn/商品', 'https://xn--czrs0t.cn/%E5%95%86%E5%93%81'],
    ['https://a.cn/{{ profile.id }}?q={{ profile.quote }}', 'https://a.cn/a%20b/%E5%95%86%E5%93%81?q=%22%27%3C%3E'],
    [' https://a.cn/x\r\ny ', 'https://a.cn/xy'],
    ['https://a.cn:8443', 'https://a.cn:8443/'],
    ['https://a.cn/?copy=1&copy=2', 'https://a.cn/?copy=1&copy=2'],
  ])('leads where %j leads', (source, link) => {
    expect(html(`<p><a {% if true %}class="b"{% endif %} href="${source}">x</a></p>`)).toEqual({
      text: '<p><a class="b" href="https://t.co/1">x</a></p>',
      links: [link],
    });
  });

  it.each([
    '<a href="{{ profile.site }}">x</a>',
    '<a href="https://{{ profile.host }}/">x</a>',
    '<a href="https://a.cn.{{ profile.host }}/">x</a>',
    '<a href="https://a.cn@{{ profile.host }}/">x</a>',
    '<a href="{{ unsubscribeUrl }}">x</a>',
    '<a href="mailto:a@b.cn">x</a>',
    '<a name="https://a.cn/">x</a>',
    '{{ profile.site }}',
  ])('is none that data make: %s', (source) => {
    const { text, links } = html(source);
    expect(links).toEqual([]);
    expect(text).not.toMatch(/[\uE000\uE001]/);
  });

  it('cannot be forged by a value that looks like an anchor', () => {
    const { links } = rendered({ email: { subject: 'S', html: '<p>{{ profile.site | prepend: "<a href=" }}</p>' } });
    expect(links).toEqual([]);
  });

  it('is found in time that grows with the text alone', () => {
    const began = performance.now();
    html('<a '.repeat(40_000));
    html(`<a ${'x="y" '.repeat(40_000)}>`);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});

describe('a link that is counted in an SMS', () => {
  it.each([
    ['See https://a.cn/{{ profile.id }}.', 'See https://t.co/1.', 'https://a.cn/a%20b/%E5%95%86%E5%93%81'],
    ['看https://a.cn/x领取', '看https://t.co/1领取', 'https://a.cn/x'],
    ['https://a.cn?x={{- profile.host }} ok', 'https://t.co/1 ok', 'https://a.cn/?x=evil.example'],
    ['https://a.cn/straße#grün, ja', 'https://t.co/1, ja', 'https://a.cn/stra%C3%9Fe#gr%C3%BCn'],
    ['https://a.cn/цена领取', 'https://t.co/1领取', 'https://a.cn/%D1%86%D0%B5%D0%BD%D0%B0'],
    ['https://a.cn/b_(c) ok', 'https://t.co/1 ok', 'https://a.cn/b_(c)'],
    ['(https://a.cn/b_(c)).', '(https://t.co/1).', 'https://a.cn/b_(c)'],
    ['(https://a.cn/b)', '(https://t.co/1)', 'https://a.cn/b'],
  ])('%j', (source, text, link) => {
    expect(sms(source)).toEqual({ text, links: [link] });
  });

  it.each([
    '{{ profile.site }}',
    'https://{{ profile.host }}/',
    'https://a.cn{{ profile.host }}/',
    'https://a.cnü{{ profile.host }}/',
  ])('is none that data make: %s', (source) => {
    expect(sms(source).links).toEqual([]);
  });

  it('is none whose host is not of ASCII: it stays whole', () => {
    expect(sms('https://grün.de/x')).toEqual({ text: 'https://grün.de/x', links: [] });
  });
});

describe('an address for a redirect', () => {
  it('is of the web, in ASCII', () => {
    expect(webAddress('https://a.cn/商品\r\nSet-Cookie: x')).toBe('https://a.cn/%E5%95%86%E5%93%81Set-Cookie:%20x');
    expect(webAddress('https://商店.cn/')).toBe('https://xn--czrs0t.cn/');
    for (const none of ['javascript:alert(1)', 'https://', '//a.cn', 'https://a b.cn/', ''])
      expect(webAddress(none)).toBeUndefined();
  });
});

describe('a User-Agent', () => {
  it.each([
    'Mozilla/5.0 (Linux; Android 12; CUBOT P60) AppleWebKit/537.36 Chrome/120 Mobile',
    'Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36',
    'Mozilla/5.0 (Linux; Android 8.1.0; M BOT 60) AppleWebKit/537.36 Chrome/99 Mobile',
    'Mozilla/5.0 (Linux; Android 7.0; M bot 51) AppleWebKit/537.36',
  ])('of a telephone: %s', (agent) => {
    expect(isMachine(agent)).toBe(false);
  });
  it.each([
    'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
    'CustomBot/1.0',
    'Mozilla/5.0',
    'Mozilla/5.0 (via ggpht.com GoogleImageProxy)',
  ])('of a machine: %s', (agent) => {
    expect(isMachine(agent)).toBe(true);
  });
  it.each([
    'curl/8.5.0',
    'python-requests/2.31.0',
    'Go-http-client/2.0',
    'Java/17.0.1',
    'okhttp/4.9.3',
    'Wget/1.21',
    '',
  ])('of a program follows links, nobody else: %s', (agent) => {
    expect(isFollowedByMachine(agent)).toBe(true);
    // A mail program may load its pictures so.
    expect(isMachine(agent)).toBe(false);
  });
  it.each([
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.42',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36',
  ])('of a browser: %s', (agent) => {
    expect(isFollowedByMachine(agent)).toBe(false);
  });
});

describe('a browser', () => {
  it.each([
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'x-purpose': 'preview' },
    { 'x-moz': 'prefetch' },
  ])('says that it fetches ahead: %o', (headers) => {
    expect(isFetchedAhead(headers)).toBe(true);
    expect(isFetchedAhead({ 'sec-fetch-mode': 'navigate' })).toBe(false);
  });
});
