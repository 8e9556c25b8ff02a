import type { CairnEvent } from '../../core/events/event.ts';
import { TIME_CAME, TURNED_ON } from '../../core/events/internal.ts';
import type { Flip } from '../../core/tags/evaluate.ts';

/** Tags and segments that turn in the commit in which a run begins, as its entry sees them. */
export interface Turns {
  /** By the entry event itself. */
  own: string[];
  /** By events that came after it: they may end the run. */
  later: string[];
}

interface Commit {
  fresh: readonly CairnEvent[];
  /** Turned by a change of the rules alone, before anything of this commit. */
  backfilled: readonly Flip[];
  /** All that these events have turned. */
  flips: readonly Flip[];
  /** What turns by the first `count` of the events. */
  flipsUpTo: (count: number) => readonly Flip[];
}

/**
 * Whose doing it is that tags turn with an entry. Events are committed together as they happen to be delivered, and turn tags only together: so
 * the rules are asked again without those that came after. What time alone has turned lies before the first event, and counts as its doing.
 */
export function turnsBeside(commit: Commit, entry: CairnEvent): Turns {
  const { flips } = commit;
  if (entry.name === TIME_CAME || flips.length + commit.backfilled.length === 0) return { own: [], later: [] };
  if (entry.properties?.backfilled === true)
    return { own: commit.backfilled.map(({ id }) => id), later: flips.map(({ id }) => id) };
  const count = countOf(commit, entry);
  const there = turnedUpTo(commit, count);
  const before = count > 1 ? turnedUpTo(commit, count - 1) : new Set<string>();
  const ids = flips.map(({ id }) => id);
  return {
    own: ids.filter((id) => there.has(id) && !before.has(id)),
    later: ids.filter((id) => !there.has(id)),
  };
}

/** How many of the events there are up to the one that lets in; where it is a tag's turning, up to the event that turns it. */
function countOf(commit: Commit, entry: CairnEvent): number {
  const index = commit.fresh.indexOf(entry);
  if (index >= 0) return index + 1;
  const id = String(entry.properties?.rule);
  const isOn = entry.name === TURNED_ON;
  for (let count = 1; count < commit.fresh.length; count += 1)
    if (commit.flipsUpTo(count).some((flip) => flip.id === id && flip.on === isOn)) return count;
  return commit.fresh.length;
}

function turnedUpTo({ fresh, flips, flipsUpTo }: Commit, count: number): Set<string> {
  if (count >= fresh.length) return new Set(flips.map(({ id }) => id));
  const turned = new Set(flipsUpTo(count).map(({ id, on }) => `${on} ${id}`));
  return new Set(flips.filter(({ id, on }) => turned.has(`${on} ${id}`)).map(({ id }) => id));
}
