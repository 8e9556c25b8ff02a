import { expect, it } from 'vitest';
import { topicName } from '../../../core/templates/topic-name.ts';

const OFFERS = { id: 'offers', names: { 'zh-CN': '优惠', en: 'Offers', 'zh-TW': '優惠' } };

it.each([
  [['zh-CN'], '优惠'],
  [['zh_TW'], '優惠'],
  [['en-GB', 'zh-CN'], 'Offers'],
  [['fr-FR', 'en', 'zh-CN'], 'Offers'],
  [['fr', 'de'], 'offers'],
  [[undefined, 'not a locale!'], 'offers'],
])('a topic in %j is %s', (locales, name) => {
  expect(topicName(OFFERS, locales)).toBe(name);
});

it('a topic without names is its id', () => {
  expect(topicName('offers', ['en'])).toBe('offers');
});
