import type { CairnEvent } from '../../core/events/event.ts';
import { TIME_CAME, TURNED_ON } from '../../core/events/internal.ts';
import type { Flip } from '../../core/tags/evaluate.ts';

/** Tags and segments that change in the commit in which a run starts, from the point of view of its entry. */
export interface TagChanges {
  /** Tags that the entry event itself changed. */
  own: string[];
  /** Tags that later events changed: they may end the run. */
  later: string[];
}

interface Commit {
  fresh: readonly CairnEvent[];
  /** Tags that only a change of the rules has changed, before all events of this commit. */
  backfilled: readonly Flip[];
  /** All tag changes that these events caused. */
  flips: readonly Flip[];
  /** Returns the tag changes that the first `count` events caused. */
  flipsUpTo: (count: number) => readonly Flip[];
}

/**
 * Decides which event caused each tag change of a commit. Events are committed together in the batches in which they are delivered, and a commit
 * evaluates tags only once: so this evaluates the rules again without the events after the entry. A change that time alone caused precedes the first
 * event and is attributed to it.
 */
export function tagChangesAround(commit: Commit, entry: CairnEvent): TagChanges {
  const { flips } = commit;
  if (entry.name === TIME_CAME || flips.length + commit.backfilled.length === 0) return { own: [], later: [] };
  if (entry.properties?.backfilled === true)
    return { own: commit.backfilled.map(({ id }) => id), later: flips.map(({ id }) => id) };
  const count = countOf(commit, entry);
  const there = changedUpTo(commit, count);
  const before = count > 1 ? changedUpTo(commit, count - 1) : new Set<string>();
  const ids = flips.map(({ id }) => id);
  return {
    own: ids.filter((id) => there.has(id) && !before.has(id)),
    later: ids.filter((id) => !there.has(id)),
  };
}

/** Returns the number of events up to and including the one that enters; if the entry is a tag change, up to the event that caused it. */
function countOf(commit: Commit, entry: CairnEvent): number {
  const index = commit.fresh.indexOf(entry);
  if (index >= 0) return index + 1;
  const id = String(entry.properties?.rule);
  const isOn = entry.name === TURNED_ON;
  for (let count = 1; count < commit.fresh.length; count += 1)
    if (commit.flipsUpTo(count).some((flip) => flip.id === id && flip.on === isOn)) return count;
  return commit.fresh.length;
}

function changedUpTo({ fresh, flips, flipsUpTo }: Commit, count: number): Set<string> {
  if (count >= fresh.length) return new Set(flips.map(({ id }) => id));
  const turned = new Set(flipsUpTo(count).map(({ id, on }) => `${on} ${id}`));
  return new Set(flips.filter(({ id, on }) => turned.has(`${on} ${id}`)).map(({ id }) => id));
}
