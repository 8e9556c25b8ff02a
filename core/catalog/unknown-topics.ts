import type { Issue } from '../definitions/definition.ts';

/** Warns about a topic that the settings do not name: the preference page does not show it, and it may be misspelt. */
export function unknownTopic(path: string, topic: string | undefined, topics: readonly string[]): Issue[] {
  if (topic === undefined || topics.includes(topic)) return [];
  return [{ path, message: `the settings name no topic ${topic}; customers cannot choose it` }];
}
