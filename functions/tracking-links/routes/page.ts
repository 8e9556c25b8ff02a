import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { CHANNELS, type Channel, kindOf, reachableChannels } from '../../../core/channels/registry.ts';
import { type Settings, topicIds } from '../../../core/definitions/settings.ts';
import { mayMarket } from '../../../core/profiles/consent.ts';
import type { Consents } from '../../../core/profiles/profile.ts';

const WORDS = {
  zh: {
    lang: 'zh-CN',
    language: 'zh',
    title: '消息订阅设置',
    lead: '请选择您愿意接收的推广消息：',
    save: '保存设置',
    all: '退订全部推广消息',
    done: '您的设置已保存。',
    stopped: '您已退订，不会再收到此类推广消息。',
    gone: '链接无效或已过期。',
    start: '您的手机号码已通过短信退订（STOP）。如需重新接收短信，请用该手机向我们回复 START。',
  },
  en: {
    lang: 'en',
    language: 'en',
    title: 'Message preferences',
    lead: 'Choose the marketing messages that you want to receive:',
    save: 'Save',
    all: 'Unsubscribe from all',
    done: 'Your preferences are saved.',
    stopped: 'You are unsubscribed and will get no more of these messages.',
    gone: 'This link is not valid.',
    start: 'Your phone number has said STOP. To get SMS again, text START to us from that phone.',
  },
} as const;

const wordsFor = (locale: string | undefined) =>
  locale === undefined || locale.toLowerCase().startsWith('zh') ? WORDS.zh : WORDS.en;

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function html(status: number, lang: string, title: string, body: string): APIGatewayProxyStructuredResultV2 {
  const page = `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${escaped(title)}</title><style>body{font:16px/1.6 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}
label{display:block;padding:.5rem 0}button{font:inherit;padding:.6rem 1.2rem;margin:.5rem .5rem 0 0;cursor:pointer}input{width:1.2rem;height:1.2rem;vertical-align:-.2rem}</style></head>
<body><main><h1>${escaped(title)}</h1>${body}</main></body></html>`;
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // In a frame of another page, visitors could click something they do not see.
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // The page's URL contains the token, so it must not leak to other sites.
    'referrer-policy': 'no-referrer',
  };
  return { statusCode: status, headers, body: page };
}

/** The preference page; a GET changes nothing. It has the topics that the settings name, and the channels that they leave open. */
export function preferencePage(
  locale: string | undefined,
  { consents, isStopped }: { consents: Consents; isStopped: boolean },
  settings: Settings,
): APIGatewayProxyStructuredResultV2 {
  const topics = topicIds(settings);
  const words = wordsFor(locale);
  const labelOf = (channel: Channel) => kindOf(channel).label[words.language];
  const box = (name: string, label: string, isOn: boolean) =>
    `<label><input type="checkbox" name="${escaped(name)}" value="on"${isOn ? ' checked' : ''}> ${escaped(label)}</label>${
      isOn ? `<input type="hidden" name="was" value="${escaped(name)}">` : ''
    }`;
  const rows = reachableChannels(settings).flatMap((channel) => [
    box(channel, labelOf(channel), mayMarket(consents, channel, undefined)),
    ...topics.map((topic) =>
      box(`${channel}:${topic}`, `${labelOf(channel)} · ${topic}`, mayMarket(consents, channel, topic)),
    ),
  ]);
  const form = `<p>${words.lead}</p><form method="post"><input type="hidden" name="preferences" value="1"><input type="hidden" name="was" value="">${rows.join('')}${isStopped ? `<p>${words.start}</p>` : ''}<button>${words.save}</button></form>
<form method="post"><input type="hidden" name="all" value="1"><button>${words.all}</button></form>`;
  return html(200, words.lang, words.title, form);
}

/** `isInVain`: SMS was turned on, but the number's STOP takes precedence. */
export function donePage(
  locale: string | undefined,
  what: 'saved' | 'stopped',
  isInVain = false,
): APIGatewayProxyStructuredResultV2 {
  const words = wordsFor(locale);
  const said = `<p role="status">${what === 'saved' ? words.done : words.stopped}</p>`;
  return html(200, words.lang, words.title, isInVain ? `${said}<p>${words.start}</p>` : said);
}

export function gonePage(): APIGatewayProxyStructuredResultV2 {
  return html(404, WORDS.zh.lang, WORDS.zh.title, `<p>${WORDS.zh.gone} ${WORDS.en.gone}</p>`);
}

/**
 * Returns the customer's changes on the page as consent entries, also of channels that have been closed since. An unchanged box adds no entry, because
 * an old page may be saved after a STOP. But if a channel is turned on, each topic that stays unticked is refused by name, since it would otherwise
 * follow the channel.
 */
export function readPreferences(
  form: URLSearchParams,
  consents: Consents,
  topics: readonly string[],
): { key: string; granted: boolean }[] {
  const shown = form.has('was') ? new Set(form.getAll('was')) : undefined;
  const changes: { key: string; granted: boolean }[] = [];
  const now = (channel: Channel, topic?: string) => {
    const next = { ...consents };
    for (const { key, granted } of changes) next[key] = { granted, at: 0, source: 'page' };
    return mayMarket(next, channel, topic);
  };
  const ticked = (key: string) => form.get(key) === 'on';
  const isChanged = (key: string, channel: Channel, topic?: string) =>
    ticked(key) !== (shown?.has(key) ?? mayMarket(consents, channel, topic));
  for (const channel of CHANNELS) {
    const isTurnedOn = isChanged(channel, channel) && ticked(channel);
    if (isChanged(channel, channel)) changes.push({ key: channel, granted: ticked(channel) });
    for (const topic of topics) {
      const key = `${channel}:${topic}`;
      const follows = isTurnedOn && !ticked(key) && now(channel, topic);
      if (isChanged(key, channel, topic) || follows) changes.push({ key, granted: ticked(key) });
    }
  }
  return changes;
}
