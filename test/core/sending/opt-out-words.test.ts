import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../core/definitions/settings.ts';
import { optOutAnswer } from '../../../core/sending/opt-out-words.ts';

const { optOutWords } = defaultSettings();

describe('a text from a phone', () => {
  it.each([
    'STOP',
    'Stop.',
    '"stop"',
    'stop 🛑',
    '🛑stop🛑',
    's\u200bt\u200bo\u200bp\ufeff',
    'ＳＴＯＰ',
    'stop please',
    'Stop, please!',
    'STOP.PLEASE',
    'unsubscribe me',
    'QUIT!!',
    'end',
    'cancel',
    't',
    'ｔｄ',
    '退订',
    '退订！谢谢',
    '退订谢谢',
    '取消订阅',
    'STOPALL',
    'revoke',
    'Opt out',
    'OPT-OUT',
    'optout',
    'Remove me',
    'ARRET',
    'Arrêt',
    '退訂',
    '取消訂閱！',
    '退 订',
    '【退订】',
    '\u3000取 消 订 阅。',
    'S T O P',
    'Ｓ Ｔ Ｏ Ｐ！',
    's.t.o.p',
    'un-subscribe',
    'T D',
    'TD退订',
    'T 退订。',
    '退订TD',
    '*STOP*',
    'Stop\u00a0',
    'stop👍🏽\n',
    '“Ｑｕｉｔ！”',
  ])('%j stops', (text) => {
    expect(optOutAnswer(text, optOutWords)).toBe('stop');
  });

  it.each(['Start', 'START please', '订阅', '订 阅', '訂閱！', 'ＳＴＡＲＴ。', 'start 🙏', 'unstop', 'un-stop'])(
    '%j starts again',
    (text) => {
      expect(optOutAnswer(text, optOutWords)).toBe('start');
    },
  );

  it.each([
    'no',
    'the end',
    'End of story',
    't shirt?',
    'stopping by',
    'nonstop',
    'opt in',
    'removed',
    '退訂單',
    '退订单',
    '取消订单',
    '🛑',
    '',
    'S',
    'trend',
    'TN',
    'not now',
    "don't stop",
  ])('%j says something else', (text) => {
    expect(optOutAnswer(text, optOutWords)).toBeUndefined();
  });

  it("stops by the settings' own words, of several words and of signs too", () => {
    expect(optOutAnswer('No more! Thanks', ['no more'])).toBe('stop');
    expect(optOutAnswer('🛑', ['🛑'])).toBe('stop');
    expect(optOutAnswer('Stopp bitte', ['stopp'])).toBe('stop');
  });
});
