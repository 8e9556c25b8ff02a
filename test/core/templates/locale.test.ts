import { describe, expect, it } from 'vitest';
import { translationFor } from '../../../core/templates/locale.ts';

describe('the translation for a customer', () => {
  it.each([
    // translations, customer, base content's locale → translation
    [['zh-TW'], 'zh-CN', 'en', undefined],
    [['zh-CN'], 'zh-TW', 'en', undefined],
    [['en-GB'], 'en-US', 'zh-CN', undefined],
    [['en-GB'], 'en', 'zh-CN', undefined],
    [['en'], 'en-GB', 'zh-CN', 'en'],
    [['en'], 'en_US', 'zh-CN', 'en'],
    [['en'], 'en_US.UTF-8', 'zh-CN', 'en'],
    [['EN'], 'en-us', 'zh-CN', 'EN'],
    [['zh_TW'], 'zh-tw', 'zh-CN', 'zh_TW'],
    [['zh-TW', 'zh-Hant'], 'zh-Hant-TW', 'zh-CN', 'zh-TW'],
    [['zh-Hant'], 'zh-Hant-TW', 'zh-CN', 'zh-Hant'],
    [['zh-Hant-TW', 'zh-Hant'], 'zh_TW', 'zh-CN', 'zh-Hant-TW'],
    [['zh-Hant', 'zh'], 'zh-HK', 'zh-CN', 'zh-Hant'],
    [['zh-HK', 'zh-Hant'], 'zh-HK', 'zh-CN', 'zh-HK'],
    [['zh'], 'zh-HK', 'en', undefined],
    [['zh'], 'zh-CN', 'en', 'zh'],
    [['zh-Hans'], 'zh-SG', 'en', 'zh-Hans'],
    [['pt-BR', 'pt'], 'pt-PT', 'en', 'pt'],
    [['sr'], 'sr-Latn-RS', 'en', undefined],
    [['sr-Latn'], 'sr-Latn-RS', 'en', 'sr-Latn'],
    // the base content stands for a translation into its own locale
    [['zh'], 'zh-CN', 'zh-CN', undefined],
    [['zh', 'en'], 'zh-SG', 'zh-CN', 'zh'],
    [['en'], undefined, 'zh-CN', undefined],
    [['en'], 'not a locale', 'zh-CN', undefined],
    [['en'], '', 'zh-CN', undefined],
  ])('of %j, for %s where the base is %s, is %s', (translations, customer, base, translation) => {
    expect(translationFor(translations, customer, base)).toBe(translation);
  });
});
