import * as z from 'zod';
import type { MessageId } from '../../../core/ids.ts';
import { type Message, statusOf } from '../../../core/messages/message.ts';
import { inParallel } from '../../shared/adapters/parallel.ts';
import { fill, page, readCursor } from '../../shared/http/cursor.ts';
import type { Caller } from '../../shared/http/roles.ts';
import { invalidAt } from '../../shared/http/validation.ts';
import { idsOf, keysOf, requireProfile } from '../../shared/profiles/find-profile.ts';
import type { Deps } from '../deps.ts';
import { PlacesSchema } from '../places.ts';
import { messageView } from './view.ts';

export interface MessageFilter {
  profileId?: string | undefined;
  source?: string | undefined;
  status?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

const PositionSchema = z.record(z.string(), z.unknown());
type Position = z.infer<typeof PositionSchema>;

const ABREAST = 8;

/** Newest first, of one profile or one source. */
export async function listMessages(deps: Deps, scope: string, filter: MessageFilter, caller: Caller) {
  const place = `${scope} ${filter.profileId ?? ''} ${filter.source ?? ''} ${filter.status ?? ''}`;
  const list = await lister(deps, filter);
  const idOf = idsOf(deps);
  const found = await fill(
    { limit: filter.limit, from: readCursor(place, PositionSchema, filter.cursor) },
    async (limit, cursor) => {
      const { ids, next } = await list({ limit, cursor });
      const rows = await deps.messages.getAll(ids);
      const messages = ids.flatMap((id) => rows.get(id) ?? []);
      return { items: messages.filter((message) => isAskedFor(message, filter)), next };
    },
  );
  const views = await inParallel(ABREAST, found.items, async (message) =>
    messageView(message, await idOf(message.profile), caller),
  );
  return page(place, views, found.next);
}

type List = (page: { limit: number; cursor: Position | undefined }) => Promise<{ ids: MessageId[]; next?: Position }>;

/** Reads ids of the profile's messages, else of the source's. */
async function lister(deps: Deps, { profileId, source }: MessageFilter): Promise<List> {
  if (profileId !== undefined) {
    const keys = await keysOf(deps, await requireProfile(deps, profileId));
    return ({ limit, cursor = {} }) =>
      deps.messages.byProfile(keys, { limit, cursor: PlacesSchema.catch({}).parse(cursor) });
  }
  if (source === undefined) throw invalidAt('/profileId', 'profileId or source is needed');
  const [kind, id, node] = source.split(':');
  if (kind === 'api') return (page) => deps.messages.bySource('api', page);
  return (page) => deps.messages.bySource(`${kind}:${id}`, { ...page, node });
}

function isAskedFor(message: Message, { profileId, source, status }: MessageFilter): boolean {
  if (status !== undefined && statusOf(message) !== status) return false;
  if (profileId === undefined || source === undefined) return true;
  const { source: from } = message;
  const full = from.kind === 'journey' ? `journey:${from.id}:${from.node}` : `api:${from.id}`;
  return full === source || full.startsWith(`${source}:`);
}
