/** Words that always count as STOP, beside the settings' own: those that carriers and regulators name, and Chinese in both scripts. */
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
/** Words that opt in again. */
const START = ['start', 'unstop', '订阅', '訂閱'];

/** Returns the command that a text message contains, or undefined if it contains none. */
export function optOutAnswer(text: string, optOutWords: readonly string[]): 'stop' | 'start' | undefined {
  if (says(text, [...STOP, ...optOutWords])) return 'stop';
  return says(text, START) ? 'start' : undefined;
}

/** Whether the text is one of the words alone, or, if the word is unmistakable, begins with it; or is two of them, such as `TD退订`. */
function says(text: string, words: readonly string[]): boolean {
  const said = plain(text);
  const whole = withoutBlanks(said);
  const plains = words.map(plain);
  return plains.some((word) => {
    const isSure = isUnmistakable(word);
    const first = withoutBlanks(word);
    if (whole === first || (isSure && said.startsWith(word) && endsWord(said, word.length))) return true;
    return (
      whole.startsWith(first) &&
      plains.some((next) => whole === first + withoutBlanks(next) && (isSure || isUnmistakable(next)))
    );
  });
}

/** People write `退 订` and `S T O P`. */
const withoutBlanks = (text: string): string => text.replaceAll(' ', '');

/** Four letters, or two Chinese characters: `t`, `end` and the like may begin other sentences. */
function isUnmistakable(word: string): boolean {
  const han = word.match(/\p{Script=Han}/gu)?.length ?? 0;
  return han >= 2 || (word.match(/\p{L}/gu)?.length ?? 0) >= 4;
}

/** Chinese has no blanks: 退订谢谢 begins with the word 退订, but 退订单 with another. */
const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });

const endsWord = (text: string, at: number): boolean =>
  [...segmenter.segment(text)].some(({ index, segment }) => index + segment.length === at);

const EMOJI = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]/gu;
/** Zero-width characters, soft hyphens, variation selectors, enclosing marks. */
const INVISIBLE = /[\p{Cf}\p{Variation_Selector}\p{Me}]/gu;

/** Returns the text in the form in which it is compared: full-width letters become plain ones; case, blanks, punctuation and emoji are ignored. */
function plain(text: string): string {
  const compatible = text.normalize('NFKC').toLowerCase().replaceAll(INVISIBLE, '');
  const words = compatible
    .replaceAll(EMOJI, ' ')
    .replaceAll(/[\p{P}\p{S}\s\p{Cc}]+/gu, ' ')
    .trim();
  // A word that consists only of signs is compared unchanged.
  return words === '' ? compatible.trim() : words;
}
