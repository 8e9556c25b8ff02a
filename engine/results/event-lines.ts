import type { CairnEvent } from '../../core/events/event.ts';
import { isInternal } from '../../core/events/internal.ts';
import { TIMELINE_MS } from '../../core/events/timeline.ts';
import type { ExportSpec } from '../../core/jobs/export-spec.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { PlaceInTimeline } from '../profiles/ports.ts';
import { type CustomerDeps, orUnread, READERS, type ReadLines, type Visit, type Visited } from './customer-lines.ts';

/** Events that are read of a customer at a time: 64 kB each at most. */
const EVENTS = 50;

/** One line an event of the timelines. Those of a profile that is being merged are read before its survivor's, to which they are copied before they go. */
export const eventLines: ReadLines = (deps, spec, visits) =>
  mapWithConcurrency(READERS, visits, (visit) => orUnread(deps, visit, linesOf(deps, spec, visit)));

async function linesOf(deps: CustomerDeps, spec: Pick<ExportSpec, 'from' | 'to'>, visit: Visit): Promise<Visited> {
  const { key, into, isLast = into !== undefined } = visit;
  const { activity, profile } = await deps.profiles.query(into ?? key);
  // Its survivor is listed, and reads it.
  if (activity?.mergedInto !== undefined || profile === undefined) return { lines: [] };
  const { mergedFrom = [] } = activity ?? {};
  if (!isLast && mergedFrom.length > 0)
    return { lines: [], more: [...mergedFrom.map((from) => ({ key: from, into: key })), { key, isLast: true }] };
  const cursor = visit.after as PlaceInTimeline | undefined; // as the page before gave it
  const { events, next } = await deps.profilePages.timeline(key, { limit: EVENTS, cursor });
  const since = Math.max(spec.from, deps.clock() - TIMELINE_MS);
  const isPast = (events.at(-1)?.at ?? Number.POSITIVE_INFINITY) < since;
  const named = {
    key: into ?? key,
    profileId: profile.identity.id,
    ...(into === undefined ? {} : { moving: true as const }),
  };
  return {
    lines: events
      .filter((event) => event.at >= since && event.at < spec.to && !isInternal(event))
      .map((event) => () => ({ ...named, ...shown(event) })),
    ...(next === undefined || isPast ? {} : { more: [{ ...visit, isLast: true as const, after: { ...next } }] }),
  };
}

const shown = ({ id, at, receivedAt, type, name, properties, traits, groupId }: CairnEvent) => ({
  messageId: id,
  timestamp: at,
  receivedAt,
  type,
  event: name,
  properties,
  traits,
  groupId,
});
