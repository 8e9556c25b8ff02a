import * as z from 'zod';
import type { CairnEvent } from '../../../core/events/event.ts';
import { isInternal } from '../../../core/events/internal.ts';
import { TIMELINE_MS } from '../../../core/events/timeline.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { iso } from '../../../core/time/instant.ts';
import { requireProfile } from '../../../engine/profiles/find-profile.ts';
import { fill, PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { knownAddresses } from '../../../runtime/http/known-addresses.ts';
import { route } from './route.ts';

const PlaceInTimelineSchema = lazySchema(() => z.object({ after: z.string().optional(), before: z.string() }));

const EventSchema = lazySchema(() =>
  z.object({
    messageId: z.string(),
    type: z.string(),
    event: z.string().optional(),
    timestamp: z.string(),
    receivedAt: z.string(),
    properties: z.record(z.string(), z.unknown()).optional(),
    traits: z.record(z.string(), z.unknown()).optional(),
    context: z.record(z.string(), z.unknown()).optional(),
    groupId: z.string().optional(),
  }),
);
const eventView = (event: CairnEvent): z.input<typeof EventSchema> => ({
  messageId: event.id,
  type: event.type,
  ...(event.name === undefined ? {} : { event: event.name }),
  timestamp: iso(event.at),
  receivedAt: iso(event.receivedAt),
  ...(event.properties === undefined ? {} : { properties: event.properties }),
  ...(event.traits === undefined ? {} : { traits: event.traits }),
  ...(event.context === undefined ? {} : { context: event.context }),
  ...(event.groupId === undefined ? {} : { groupId: event.groupId }),
});

export const timeline = route({
  method: 'GET',
  path: '/v1/profiles/{id+}/timeline',
  role: 'viewer',
  operationId: 'listTimeline',
  summary: 'List the events of a profile',
  description: 'Those of the last 90 days, newest first.',
  query: PageQuerySchema,
  response: () => pageOf(EventSchema),
  handle: async (deps, { params, query, path }) => {
    const { home, profile } = await requireProfile(deps, params.id);
    const from = readCursor(path, PlaceInTimelineSchema, query.cursor);
    // The table deletes older items only days after their time.
    const since = deps.clock() - TIMELINE_MS;
    const { items: events, next } = await fill({ limit: query.limit, from }, async (limit, cursor) => {
      const read = await deps.profilePages.timeline(home.key, { limit, cursor });
      return { items: read.events.filter((event) => event.at > since && !isInternal(event)), next: read.next };
    });
    return { body: page(path, events.map(eventView), next), known: knownAddresses(profile) };
  },
});
