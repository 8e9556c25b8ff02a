import { describe, expect, test } from 'vitest';
import { ALL_LANGUAGES, channelLabel, wordsFor } from '../../../functions/tracking-links/routes/page-words.ts';

describe('the page of a customer whose locale is', () => {
  test.each([
    ['zh-TW', 'zh-TW'],
    ['zh_tw.UTF-8', 'zh-TW'],
    ['zh-HK', 'zh-TW'],
    ['zh-MO', 'zh-TW'],
    ['zh-Hant', 'zh-TW'],
    ['zh-Hant-CN', 'zh-TW'],
    ['zh-Hant-TW', 'zh-TW'],
    ['zh', 'zh-CN'],
    ['zh-CN', 'zh-CN'],
    ['zh-SG', 'zh-CN'],
    ['zh-Hans-TW', 'zh-CN'],
    ['ZH_hans', 'zh-CN'],
    ['en-GB', 'en'],
    ['de', 'en'],
    ['zhuang', 'en'],
    ['', 'en'],
  ])('%s is in %s', (locale, lang) => expect(wordsFor(locale).lang).toBe(lang));
});

test('each language has its own words, and no simplified character is left in the traditional ones', () => {
  const [simplified, traditional] = ALL_LANGUAGES;
  expect(ALL_LANGUAGES.map(({ lang }) => lang)).toEqual(['zh-CN', 'zh-TW', 'en']);
  expect(Object.values(traditional ?? {}).join('')).not.toMatch(
    /[讯订阅设选择愿证码务这会过题户动连无响择继续个么时为对与单复机帐页们请说]/u,
  );
  expect(simplified?.title).not.toBe(traditional?.title);
  expect(ALL_LANGUAGES.map((words) => channelLabel(words, 'sms'))).toEqual(['短信', '簡訊', 'SMS']);
});
