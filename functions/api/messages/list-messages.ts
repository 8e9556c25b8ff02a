import * as z from 'zod';
import type { MessageId } from '../../../core/ids.ts';
import { statusOf } from '../../../core/messages/message.ts';
import { page, readCursor } from '../cursor.ts';
import type { Deps } from '../deps.ts';
import { idsOf, requireProfile } from '../profiles/find-profile.ts';
import type { Caller } from '../roles.ts';
import { invalidAt } from '../validation.ts';
import { messageView } from './view.ts';

export interface MessageFilter {
  profileId?: string | undefined;
  source?: string | undefined;
  status?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

const PositionSchema = z.record(z.string(), z.unknown());

/** Newest first, of one profile or one source; a status filter may leave a page short. */
export async function listMessages(deps: Deps, scope: string, filter: MessageFilter, caller: Caller) {
  const place = `${scope} ${filter.profileId ?? ''} ${filter.source ?? ''} ${filter.status ?? ''}`;
  const cursor = readCursor(place, PositionSchema, filter.cursor);
  const found = await find(deps, filter, cursor);
  const rows = await deps.messages.getAll(found.ids);
  const idOf = idsOf(deps);
  const items = [];
  for (const id of found.ids) {
    const row = rows.get(id);
    if (row === undefined || (filter.status !== undefined && statusOf(row) !== filter.status)) continue;
    items.push(messageView(row, await idOf(row.profile), caller));
  }
  return page(place, items, found.next);
}

async function find(
  deps: Deps,
  filter: MessageFilter,
  cursor: Record<string, unknown> | undefined,
): Promise<{ ids: MessageId[]; next?: unknown }> {
  if (filter.profileId !== undefined) {
    const { home } = await requireProfile(deps, filter.profileId);
    const found = await deps.messages.byProfile(home.key, { limit: filter.limit, cursor });
    return filter.source === undefined ? found : { ...found, ids: await ofSource(deps, found.ids, filter.source) };
  }
  if (filter.source === undefined) throw invalidAt('/profileId', 'profileId or source is needed');
  const [kind, id, node] = filter.source.split(':');
  if (kind === 'api') return deps.messages.bySource('api', { limit: filter.limit, cursor });
  return deps.messages.bySource(`${kind}:${id}`, {
    ...(node === undefined ? {} : { node }),
    limit: filter.limit,
    cursor,
  });
}

async function ofSource(deps: Deps, ids: MessageId[], source: string): Promise<MessageId[]> {
  const rows = await deps.messages.getAll(ids);
  return ids.filter((id) => {
    const from = rows.get(id)?.source;
    const full = from?.kind === 'journey' ? `journey:${from.id}:${from.node}` : `api:${from?.id}`;
    return full === source || full.startsWith(`${source}:`);
  });
}
