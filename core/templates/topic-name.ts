import type { Topic } from '../definitions/settings.ts';
import { translationFor } from './locale.ts';

/** A topic's name in the first of these locales that it has one for; else its id. */
export function topicName(topic: Topic, locales: readonly (string | undefined)[]): string {
  if (typeof topic === 'string') return topic;
  const { id, names } = topic;
  for (const locale of locales) {
    // No name is the base of the others.
    const found = translationFor(Object.keys(names), locale, '');
    const name = found === undefined ? undefined : names[found];
    if (name !== undefined) return name;
  }
  return id;
}
