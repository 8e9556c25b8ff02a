/** Always understood, beside the settings' own words: what carriers and regulators name, and Chinese in both scripts. */
const STOP = [
  ...[
    'stop',
    'stopall',
    'unsubscribe',
    'quit',
    'end',
    'cancel',
    'revoke',
    'optout',
    'opt out',
    'remove',
    'arret',
    'arrêt',
  ],
  ...['退订', '退訂', '取消订阅', '取消訂閱'],
];
/** Words by which somebody who stopped starts again. */
const START = ['start', 'unstop', '订阅', '訂閱'];

/** What a text from a phone asks for; undefined: something else. */
export function optOutAnswer(text: string, optOutWords: readonly string[]): 'stop' | 'start' | undefined {
  if (says(text, [...STOP, ...optOutWords])) return 'stop';
  return says(text, START) ? 'start' : undefined;
}

/** One of the words alone; or, where it is long enough to mean nothing else, at the beginning. */
function says(text: string, words: readonly string[]): boolean {
  const said = plain(text);
  return words.some((one) => {
    const word = plain(one);
    return said === word || (isUnmistakable(word) && said.startsWith(word) && endsWord(said, word.length));
  });
}

/** Four letters, or two Chinese characters: `t`, `end` and the like begin many a sentence. */
function isUnmistakable(word: string): boolean {
  const han = word.match(/\p{Script=Han}/gu)?.length ?? 0;
  return han >= 2 || (word.match(/\p{L}/gu)?.length ?? 0) >= 4;
}

/** Chinese is written without blanks: 退订谢谢 begins with the word 退订, 退订单 with another. */
const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });

const endsWord = (text: string, at: number): boolean =>
  [...segmenter.segment(text)].some(({ index, segment }) => index + segment.length === at);

const EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]/gu;
/** Zero-width characters, soft hyphens, selectors of a character's look, rings around it. */
const INVISIBLE = /[\p{Cf}\p{Variation_Selector}\p{Me}]/gu;

/** As it is compared: full-width letters are letters; case, blanks, punctuation and emoji do not matter. */
function plain(text: string): string {
  const compatible = text.normalize('NFKC').toLowerCase().replaceAll(INVISIBLE, '');
  const words = compatible
    .replaceAll(EMOJI, ' ')
    .replaceAll(/[\p{P}\p{S}\s\p{Cc}]+/gu, ' ')
    .trim();
  // Words that are nothing but signs compare as they are.
  return words === '' ? compatible.trim() : words;
}
