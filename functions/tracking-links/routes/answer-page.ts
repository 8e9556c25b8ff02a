import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { CHANNELS, type Channel } from '../../../core/channels/registry.ts';
import type { Settings } from '../../../core/definitions/settings.ts';
import { escaped, page } from './page-frame.ts';
import { ALL_LANGUAGES, channelLabel, topicLabels, type Words, wordsFor } from './page-words.ts';

const list = (items: string[]): string => `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;

function answer(words: Words, settings: Settings, said: string, lines: string): APIGatewayProxyStructuredResultV2 {
  const body = `<div class="card done" role="status"><h2>${said}</h2>${lines}</div>
<a class="back" href="">${words.back}</a>`;
  return page({ status: 200, lang: words.lang, title: words.title, brand: settings.brand, body });
}

/** Names what was saved. `isInVain`: SMS was turned on, but the number's STOP takes precedence. */
export function savedPage(
  locale: string,
  saved: readonly { key: string; granted: boolean }[],
  settings: Settings,
  isInVain = false,
): APIGatewayProxyStructuredResultV2 {
  const words = wordsFor(locale);
  if (saved.length === 0) return answer(words, settings, words.unchanged, '');
  const topics = topicLabels(words, locale, settings);
  const named = saved.map(({ key, granted }) => {
    const channel = CHANNELS.find((one) => key === one || key.startsWith(`${one}:`));
    if (channel === undefined) return key;
    const topic = key === channel ? undefined : key.slice(channel.length + 1);
    const what = [...(topic === undefined ? [] : [topics.get(topic) ?? topic]), channelLabel(words, channel)];
    return `${what.join(' · ')}${words.between}${granted ? words.yes : words.no}`;
  });
  return answer(words, settings, words.saved, list(named) + (isInVain ? `<p class="note">${words.start}</p>` : ''));
}

/** Names the channels by which no more marketing comes. */
export function stoppedPage(
  locale: string,
  channels: readonly Channel[],
  settings: Settings,
): APIGatewayProxyStructuredResultV2 {
  const words = wordsFor(locale);
  const named = list(channels.map((channel) => channelLabel(words, channel)));
  return answer(words, settings, words.stopped, `<p>${words.stoppedHint}</p>${named}<p>${words.service}</p>`);
}

export function gonePage(): APIGatewayProxyStructuredResultV2 {
  const [first] = ALL_LANGUAGES;
  const body = ALL_LANGUAGES.map(({ lang, gone }) => `<p lang="${lang}">${gone}</p>`).join('');
  const title = ALL_LANGUAGES.map(({ goneTitle }) => goneTitle).join(' · ');
  return page({ status: 404, lang: first?.lang ?? '', title, brand: undefined, body });
}
