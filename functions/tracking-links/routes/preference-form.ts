import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { CHANNELS, type Channel, reachableChannels } from '../../../core/channels/registry.ts';
import type { Settings } from '../../../core/definitions/settings.ts';
import type { Consents } from '../../../core/profiles/profile.ts';
import { escaped, page } from './page-frame.ts';
import { channelLabel, topicLabels, type Words, wordsFor } from './page-words.ts';

/** Version of the fields below. A page that was opened before they changed is shown anew rather than misread. */
export const FORM_VERSION = '2';

/** A customer's answer; empty: none. */
type Said = 'yes' | 'no' | '';
const saidOf = (consents: Consents, key: string): Said => {
  const entry = Object.hasOwn(consents, key) ? consents[key] : undefined;
  return entry === undefined ? '' : entry.granted ? 'yes' : 'no';
};

/** Choices of one consent, and what the page shows of it: only what differs from that was chosen. */
interface Choice {
  key: string;
  said: Said;
  /** Id of the element that names it. */
  labelledBy: string;
  options: readonly (readonly [Said, string])[];
}

const choiceOf = ({ key, said, labelledBy, options }: Choice): string => {
  const name = escaped(key);
  const radios = options.map(
    ([value, label]) =>
      `<label><input type="radio" name="${name}" value="${value}"${value === said ? ' checked' : ''}><span>${escaped(label)}</span></label>`,
  );
  return `<input type="hidden" name="was" value="${name}=${said}"><div class="choice" role="radiogroup" aria-labelledby="${labelledBy}">${radios.join('')}</div>`;
};

interface Shown {
  consents: Consents;
  /** The number has said STOP, which this page cannot lift. */
  isStopped: boolean;
  /** The customer has saved a page that is no longer this one. */
  isOutdated?: boolean;
}

/** The preference page; a GET changes nothing. It has the topics that the settings name, and the channels that they leave open. */
export function preferencePage(
  locale: string,
  { consents, isStopped, isOutdated = false }: Shown,
  settings: Settings,
): APIGatewayProxyStructuredResultV2 {
  const words = wordsFor(locale);
  const channels = reachableChannels(settings);
  const body = `<p>${words.lead}</p>
${isOutdated ? `<p class="note" role="status">${words.outdated}</p>` : ''}
<form method="post" class="card"><input type="hidden" name="all" value="1"><p>${words.allHint}</p><button class="plain">${words.all}</button></form>
<form method="post"><input type="hidden" name="preferences" value="${FORM_VERSION}">
${channelsPart(words, channels, consents, isStopped)}
${topicsPart(words, channels, consents, topicLabels(words, locale, settings))}
<button>${words.save}</button></form>`;
  return page({ status: 200, lang: words.lang, title: words.title, brand: settings.brand, body });
}

function channelsPart(words: Words, channels: Channel[], consents: Consents, isStopped: boolean): string {
  const yesOrNo = [
    ['yes', words.yes],
    ['no', words.no],
  ] as const;
  const rows = channels.map((channel) => {
    const said = saidOf(consents, channel);
    const unsaid = said === '' ? `<small>${words.unsaid}</small>` : '';
    const label = `<span id="of-${channel}">${escaped(channelLabel(words, channel))}${unsaid}</span>`;
    return `<div class="row line">${label}${choiceOf({ key: channel, said, labelledBy: `of-${channel}`, options: yesOrNo })}</div>`;
  });
  const note = isStopped ? `<p class="note">${words.start}</p>` : '';
  return section(words.channels, words.channelsHint, note + rows.join('\n'));
}

/** One row a topic. Who has said nothing about it on a channel sees that it follows the channel; whoever has, sees what. */
function topicsPart(words: Words, channels: Channel[], consents: Consents, topics: Map<string, string>): string {
  if (topics.size === 0) return '';
  const rows = [...topics].map(([topic, name], index) => {
    const lines = channels.map((channel) => {
      const key = `${channel}:${topic}`;
      const said = saidOf(consents, key);
      const id = `of-${channel}-${index}`;
      const same = said === '' ? [['', words.same] as const] : [];
      const options = [...same, ['yes', words.yes] as const, ['no', words.no] as const];
      return `<div class="row"><span id="${id}">${escaped(channelLabel(words, channel))}</span>${choiceOf({ key, said, labelledBy: id, options })}</div>`;
    });
    return `<fieldset><legend>${escaped(name)}</legend>${lines.join('\n')}</fieldset>`;
  });
  return section(words.topics, words.topicsHint, rows.join('\n'));
}

const section = (title: string, hint: string, rows: string): string =>
  `<section class="card"><h2>${title}</h2><p class="hint">${hint}</p>${rows}</section>`;

/**
 * Returns the customer's changes on the page as consent entries, also of channels that have been closed since. What was left as it was shown adds no
 * entry, because an old page may be saved after a STOP.
 */
export function readPreferences(
  form: URLSearchParams,
  consents: Consents,
  topics: readonly string[],
): { key: string; granted: boolean }[] {
  const shown = new Map(form.getAll('was').map((was) => [was.slice(0, was.lastIndexOf('=')), was]));
  return CHANNELS.flatMap((channel) => [channel, ...topics.map((topic) => `${channel}:${topic}`)]).flatMap((key) => {
    const chosen = form.get(key);
    const was = shown.get(key) ?? `${key}=${saidOf(consents, key)}`;
    const isSaid = chosen === 'yes' || chosen === 'no';
    return isSaid && was !== `${key}=${chosen}` ? [{ key, granted: chosen === 'yes' }] : [];
  });
}
