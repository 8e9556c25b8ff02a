import type { Kind } from './definition.ts';

/** Name of a kind in the API's documentation: in operation ids, and in a sentence. */
export interface KindName {
  one: string;
  many: string;
  text: string;
  texts: string;
}

const named = (text: string): KindName => {
  const one = text.replaceAll(/(?:^| )([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return { one, many: `${one}s`, text, texts: `${text}s` };
};

export const KIND_NAMES: Record<Kind, KindName> = {
  tags: named('tag'),
  segments: named('segment'),
  templates: named('template'),
  journeys: named('journey'),
  campaigns: named('campaign'),
  'coupon-pools': named('coupon pool'),
  'computed-traits': named('computed trait'),
  lists: named('list'),
  calendars: named('calendar'),
  content: named('content item'),
  goals: named('goal'),
  settings: { one: 'Settings', many: 'Settings', text: 'settings', texts: 'settings' },
};
