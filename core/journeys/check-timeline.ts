import { asksBeyondTimeline } from '../conditions/beyond-timeline.ts';
import { placedLeaves } from '../conditions/tree.ts';
import type { Issue } from '../definitions/definition.ts';
import { TIMELINE_DAYS } from '../events/timeline.ts';
import { typeOf } from './nodes/registry.ts';
import type { Journey } from './schema.ts';

const message = `looks further back than ${TIMELINE_DAYS} days, and sees only these; a tag keeps what it needs from the day it was defined`;

/** Returns a warning for each condition of the journey whose answer may depend on events that are older than the timeline. */
export function beyondTimelineWarnings({ audience, nodes }: Journey): Issue[] {
  const asked = [
    ...(audience === undefined ? [] : [{ path: '/audience', condition: audience }]),
    ...Object.entries(nodes).flatMap(([id, node]) =>
      (typeOf(node).conditions?.(node) ?? []).map(({ path, condition }) => ({
        path: `/nodes/${id}${path}`,
        condition,
      })),
    ),
  ];
  return asked.flatMap(({ path, condition }) =>
    placedLeaves(condition)
      .filter(({ leaf }) => asksBeyondTimeline(leaf))
      .map(({ path: keys }) => ({ path: [path, ...keys].join('/'), message })),
  );
}
