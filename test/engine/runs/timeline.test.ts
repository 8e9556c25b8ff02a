import { describe, expect, it } from 'vitest';
import type { CairnEvent } from '../../../core/events/event.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import { type TimelineProfiles, timelineOf } from '../../../engine/runs/timeline.ts';
import { eventOf, NOW } from '../../core/events/builders.ts';

/** Merges, the events under each profile, and an act that happens once a profile's events have been read. */
function context(
  into: Record<string, string>,
  lies: Record<string, CairnEvent[]>,
  after: Record<string, () => void> = {},
) {
  const reads: string[] = [];
  const profiles: TimelineProfiles = {
    async home(key) {
      const way = [key];
      for (let next = into[key]; next !== undefined; next = into[next]) way.push(next);
      const end = way.pop() ?? key;
      return { key: end, consents: {}, consentFenced: false, settled: way.length === 0, unfinishedMerges: way };
    },
    async history(key) {
      reads.push(key);
      const events = [...(lies[key] ?? [])];
      after[key]?.();
      return { events, places: new Map() };
    },
    olderIds: async () => new Set(),
    readActivity: async (key) => ({ ...emptyActivity(), mergedInto: into[key] }),
  };
  return { profiles, reads };
}

const named = (...ids: string[]) =>
  ids.map((messageId, index) =>
    eventOf('track', { messageId, event: 'Viewed', timestamp: new Date(NOW - 60_000 + index).toISOString() }),
  );
const idsOf = async (profiles: TimelineProfiles) =>
  (await timelineOf(profiles, 'x', { from: 0 })).events.map(({ id }) => id);

describe('the timeline of a run', () => {
  it('is that of its profile', async () => {
    const { profiles, reads } = context({}, { x: named('a', 'b') });
    expect(await idsOf(profiles)).toEqual(['a', 'b']);
    expect(reads).toEqual(['x']);
  });

  it('has what lies under a profile that is merged still, each event once, and reads that first', async () => {
    const [a, b, c] = named('a', 'b', 'c') as [CairnEvent, CairnEvent, CairnEvent];
    const { profiles, reads } = context({ x: 'u' }, { x: [b, a], u: [b, c] });
    expect(await idsOf(profiles)).toEqual(['a', 'b', 'c']);
    expect(reads).toEqual(['x', 'u']);
  });

  it('is read again where its profile is merged meanwhile', async () => {
    const into: Record<string, string> = {};
    const lies: Record<string, CairnEvent[]> = { x: [], u: [] };
    let isMerged = false;
    const { profiles, reads } = context(into, lies, {
      x() {
        if (isMerged) return;
        isMerged = true;
        into.x = 'u';
        lies.u = named('a');
      },
    });
    expect(await idsOf(profiles)).toEqual(['a']);
    expect(reads).toEqual(['x', 'x', 'u']);
  });
});
