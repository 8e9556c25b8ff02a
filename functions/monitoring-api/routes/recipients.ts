import * as z from 'zod';
import { AUDIENCE_GROUPS } from '../../../core/campaigns/audience-groups.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { MESSAGE_STATUSES } from '../../../core/messages/message.ts';
import { iso } from '../../../core/time/instant.ts';
import {
  LEFT_OUT,
  type Recipient,
  type RecipientPosition,
  recipientsOf,
  WAITING,
} from '../../../engine/campaigns/recipients.ts';
import { DomainError } from '../../../engine/errors.ts';
import { csvCell, csvLines } from '../../../runtime/http/csv.ts';
import {
  CursorSchema,
  fill,
  PageQuerySchema,
  page,
  pageOf,
  readCursor,
  writeCursor,
} from '../../../runtime/http/cursor.ts';
import { knownAddresses } from '../../../runtime/http/known-addresses.ts';
import { occurrenceParams } from '../../../runtime/http/params.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const STATUSES = [WAITING, ...MESSAGE_STATUSES, LEFT_OUT] as const;
/** Lines per answer; `Link` contains the URL of the next page. */
const EXPORT_PAGE = 2_000;

const FILTER = {
  status: z
    .enum(STATUSES)
    .optional()
    .describe('of the message; `waiting` before a sender has it, `none` where there is none'),
  variant: z.string().min(1).max(63).optional(),
  group: z.enum(AUDIENCE_GROUPS).optional(),
};
const FilterSchema = lazySchema(() => z.object(FILTER));
type Filter = z.infer<typeof FilterSchema>;

const RecipientSchema = lazySchema(() =>
  z.object({
    profileId: z.string(),
    group: z.enum(AUDIENCE_GROUPS),
    variant: z.string().optional(),
    message: z.string().optional(),
    status: z.enum(STATUSES),
    reason: z.string().optional(),
    at: z.string(),
  }),
);
type Shown = z.infer<typeof RecipientSchema>;

const PositionSchema = lazySchema(() => z.object({ page: z.int(), line: z.int() }));
/** `Link` leads on with the cursor alone, so that it carries the filter. */
const ExportCursorSchema = lazySchema(() => z.object({ from: PositionSchema, filter: FilterSchema }));

const shownOf = ({ profile, at, status, ...recipient }: Recipient): Shown => ({
  profileId: profile.identity.id,
  ...recipient,
  status: status as Shown['status'], // of a message, or one of ours
  at: iso(at),
});

/** People of the occurrence, and their addresses, for the mask. */
async function listed(
  deps: Deps,
  { id, occurrence }: { id: string; occurrence: string },
  filter: Filter,
  asked: { limit: number; from: RecipientPosition | undefined },
): Promise<{ items: Shown[]; next: RecipientPosition | undefined; known: string[] }> {
  const found = await deps.occurrences.get({ campaign: id, id: occurrence });
  if (found === undefined)
    throw new DomainError({ code: 'not-found', detail: `There is no occurrence ${occurrence}.` });
  const read = await recipientsOf(deps, found, filter);
  const { items, next } = await fill<Recipient, RecipientPosition>(asked, read);
  return { items: items.map(shownOf), next, known: items.flatMap(({ profile }) => knownAddresses(profile)) };
}

const list = route({
  method: 'GET',
  path: '/v1/campaigns/{id}/occurrences/{occurrence}/recipients',
  params: occurrenceParams,
  role: 'viewer',
  operationId: 'listRecipients',
  summary: 'List the people of an occurrence’s audience',
  description:
    'Each person of the frozen audience once: the group in which it is counted, and what has become of its message.',
  query: () => PageQuerySchema.extend(FILTER),
  response: () => pageOf(RecipientSchema.unwrap()),
  handle: async (deps, { params, query, path }) => {
    const { limit, cursor, ...filter } = query;
    const scope = `${path} ${JSON.stringify([filter.status, filter.variant, filter.group])}`;
    const from = readCursor(scope, PositionSchema, cursor);
    const { items, next, known } = await listed(deps, params, filter, { limit, from });
    return { body: page(scope, items, next), known };
  },
});

const COLUMNS = ['profileId', 'group', 'variant', 'message', 'status', 'reason', 'at'] as const;

const exportAll = route({
  method: 'GET',
  path: '/v1/campaigns/{id}/occurrences/{occurrence}/recipients/export',
  params: occurrenceParams,
  role: 'viewer',
  operationId: 'exportRecipients',
  summary: 'Export the people of an occurrence’s audience as CSV',
  description: `Up to ${EXPORT_PAGE} lines; \`Link\` leads to the next ones, by the same filter.`,
  query: () => FilterSchema.unwrap().extend({ cursor: CursorSchema }),
  media: 'text/csv',
  response: () => z.string(),
  handle: async (deps, { params, query, path }) => {
    const { cursor, ...asked } = query;
    const place = readCursor(path, ExportCursorSchema, cursor);
    const filter = place?.filter ?? asked;
    const { items, next, known } = await listed(deps, params, filter, { limit: EXPORT_PAGE, from: place?.from });
    const lines = items.map((item) => COLUMNS.map((name) => csvCell(item[name] ?? '')));
    return {
      body: csvLines([...(place === undefined ? [COLUMNS] : []), ...lines]),
      headers: { 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'no-store' },
      known,
      ...(next === undefined ? {} : { next: writeCursor(path, { from: next, filter }) }),
    };
  },
});

export const recipientRoutes: Route<Deps>[] = [list, exportAll];
