import * as z from 'zod';
import { DefinitionIdSchema } from '../../../core/definition-id.ts';
import type { EpochMs, MessageId } from '../../../core/ids.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { MESSAGE_STATUSES, type Message, statusOf } from '../../../core/messages/message.ts';
import { sourceName } from '../../../core/messages/source.ts';
import { DAY_MS } from '../../../core/time/units.ts';
import { invalidAt } from '../../../engine/errors.ts';
import type { Range } from '../../../engine/messages/ports.ts';
import { keysOf, requireProfile } from '../../../engine/profiles/find-profile.ts';
import { fill, PageQuerySchema, page, readCursor } from '../../../runtime/http/cursor.ts';
import { TextIdSchema } from '../../../runtime/http/params.ts';
import { InstantQuerySchema } from '../../../runtime/http/query.ts';
import type { Deps } from '../dependencies.ts';
import { messageView } from './message-view.ts';
import { profilesOfItems } from './profiles-of-items.ts';
import { RunCursorSchema } from './run-cursor.ts';

/** Default number of days if neither a profile nor a source is given. */
const DEFAULT_DAYS = 30;

/** `GET /v1/profiles/{id}/messages`. */
export const OwnMessagesQuerySchema = lazySchema(() =>
  PageQuerySchema.extend({
    status: z.enum(MESSAGE_STATUSES).optional(),
    template: DefinitionIdSchema.optional(),
    reason: z
      .string()
      .max(63)
      .regex(/^[a-z]+(-[a-z]+)*$/, 'must be a reason such as no-consent')
      .optional()
      .describe('why it was suppressed, failed or is held, such as no-consent'),
    from: InstantQuerySchema.optional(),
    to: InstantQuerySchema.optional(),
  }),
);
/** `GET /v1/messages`. */
export const MessagesQuerySchema = lazySchema(() =>
  OwnMessagesQuerySchema.unwrap().extend({
    profileId: TextIdSchema.optional(),
    source: z
      .string()
      .regex(
        /^(journey:[a-z0-9][a-z0-9-]{0,62}(:[a-z0-9][a-z0-9-]{0,62})?|test:[a-z0-9][a-z0-9-]{0,62}|api(:.{1,255})?)$/u,
        'must be journey:<id>[:<node>], test:<template> or api',
      )
      .optional()
      .describe('what sent it: journey:<id>, journey:<id>:<node>, test:<template> or api'),
  }),
);
type Filter = z.output<typeof MessagesQuerySchema>;

const PositionSchema = lazySchema(() => z.record(z.string(), z.unknown()));
type Position = z.infer<typeof PositionSchema>;
const DayPlaceSchema = z.object({ day: z.number(), places: RunCursorSchema });

/** Lists messages, newest first: of one profile, of one source, or of all in some days; other parameters filter them. */
export async function listMessages(deps: Deps, path: string, { limit, cursor, ...filter }: Filter) {
  const { profileId, source, status, template, reason } = filter;
  const scope = `${path} ${JSON.stringify([profileId, source, status, template, reason, filter.from, filter.to])}`;
  const { list, more } = await lister(deps, filter);
  const found = await fill({ limit, from: readCursor(scope, PositionSchema, cursor) }, async (most, from) => {
    const { ids, next } = await list({ limit: most, cursor: from });
    const rows = await deps.messages.getAll(ids);
    const messages = ids.flatMap((id) => rows.get(id) ?? []);
    return { items: messages.filter((message) => isAskedFor(message, filter)), next };
  });
  const { ids, known } = await profilesOfItems(deps, found.items);
  return {
    body: {
      ...page(
        scope,
        found.items.map((message, index) => messageView(message, ids[index] ?? '')),
        found.next,
      ),
      ...(more ? { more: true as const } : {}),
    },
    known,
  };
}

type List = (page: { limit: number; cursor: Position | undefined }) => Promise<{ ids: MessageId[]; next?: Position }>;

/** Returns a reader of the ids of the profile's messages, else of the source's, else of all. */
async function lister(
  deps: Deps,
  { profileId, source, status, template, reason, ...asked }: Omit<Filter, 'limit' | 'cursor'>,
): Promise<{ list: List; more?: boolean }> {
  const now = deps.clock();
  const range = rangeOf(asked, now);
  if (profileId !== undefined) {
    const { keys, more } = await keysOf(deps, await requireProfile(deps, profileId));
    const list: List = ({ limit, cursor = {} }) =>
      deps.messages.byProfile(keys, { range, limit, cursor: RunCursorSchema.catch({}).parse(cursor) });
    return { list, more };
  }
  if (source !== undefined) {
    const [kind, id, node] = source.split(':');
    if (kind === 'api') return { list: (page) => deps.messages.bySource('api', { ...page, range }) };
    return { list: (page) => deps.messages.bySource(`${kind}:${id}`, { ...page, range, node }) };
  }
  if ([status, template, reason].every((filter) => filter === undefined))
    throw invalidAt('/query/profileId', 'profileId, source, status, template or reason is needed');
  // There are no messages in the future.
  const to = Math.max(Math.min(range.to, now), range.from);
  const days = { from: asked.from ?? to - DEFAULT_DAYS * DAY_MS, to };
  const list: List = async ({ limit, cursor }) => {
    const { ids, next } = await deps.messages.byDay(days, {
      limit,
      cursor: cursor === undefined ? undefined : DayPlaceSchema.parse(cursor),
    });
    return { ids, ...(next === undefined ? {} : { next: { ...next } }) };
  };
  return { list };
}

function rangeOf({ from = 0, to }: { from?: EpochMs | undefined; to?: EpochMs | undefined }, now: EpochMs): Range {
  if (to !== undefined && from > to) throw invalidAt('/query/from', 'must not be after `to`');
  return { from, to: to ?? Math.max(from, now) };
}

function isAskedFor(
  message: Message,
  { profileId, source, status, template, reason, from = 0, to }: Omit<Filter, 'limit' | 'cursor'>,
): boolean {
  if (template !== undefined && message.template.id !== template) return false;
  if (reason !== undefined && message.reason !== reason) return false;
  if (status !== undefined && statusOf(message) !== status) return false;
  if (message.at < from || (to !== undefined && message.at > to)) return false;
  if (profileId === undefined || source === undefined) return true;
  const full = sourceName(message.source);
  return full === source || full.startsWith(`${source}:`);
}
