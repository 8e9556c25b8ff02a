import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { TAG_ADDED, TAG_REMOVED } from '../../core/events/internal.ts';
import type { Activity } from '../../core/profiles/activity.ts';

/** Applies tags that were set and removed by hand, by API and by journeys. They cannot change tags that a rule owns. */
export function foldManualTags(tags: Activity['tags'], fresh: CairnEvent[], { rules }: Snapshot) {
  const next = { ...tags };
  const flips: { id: string; on: boolean }[] = [];
  for (const event of fresh) {
    if (event.name !== TAG_ADDED && event.name !== TAG_REMOVED) continue;
    const tag = String(event.properties?.tag ?? '');
    // The tag had no rule when the journey that sets it was submitted.
    if (rules.some(({ kind, id }) => kind === 'tag' && id === tag)) continue;
    const held = next[tag];
    if (event.name === TAG_ADDED && held === undefined) {
      next[tag] = { since: event.at, by: event.properties?.by === 'journey' ? 'journey' : 'api' };
      flips.push({ id: tag, on: true });
    }
    if (event.name === TAG_REMOVED && held !== undefined && held.by !== 'rule') {
      delete next[tag];
      flips.push({ id: tag, on: false });
    }
  }
  return { tags: next, flips };
}
