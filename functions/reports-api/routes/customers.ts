import * as z from 'zod';
import type { ProfileKey } from '../../../core/ids.ts';
import { mapWithConcurrency } from '../../../core/map-with-concurrency.ts';
import { majorUnitsOf } from '../../../core/results/minor-units.ts';
import type { CustomerRow } from '../../../core/results/sql/customers.ts';
import { iso } from '../../../core/time/instant.ts';
import { spanOfDates } from '../../../core/time/local.ts';
import { invalidAt } from '../../../engine/errors.ts';
import { membersOf, PositionSchema } from '../../../engine/profiles/audience-members.ts';
import { PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { itemsCsv } from '../items-csv.ts';
import { daysOf, SPAN } from './days.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

const COLUMNS = ['profileId', 'tags', 'sent', 'opened', 'clicked', 'converted', 'revenue', 'lastMessageAt'];
const CONCURRENCY = 16;
const SEGMENT = 'segment:';

const CustomerSchema = z.object({
  profileId: z.string(),
  tags: z.array(z.string()).describe('those on now'),
  sent: z.number().int(),
  opened: z.number().int(),
  clicked: z.number().int(),
  converted: z.number().int().describe('goals of campaigns’ messages and of runs'),
  revenue: z.number().describe('of the orders that were goals, each once'),
  lastMessageAt: z.string().optional(),
});

const nothing = (profile: ProfileKey): CustomerRow => ({
  profile,
  sent: 0,
  opened: 0,
  clicked: 0,
  converted: 0,
  revenue: 0,
  lastMessageAt: null,
});

const CursorSchema = z.union([z.object({ after: z.string() }), z.object({ member: PositionSchema })]);

export const customerRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/reports/customers',
    role: 'viewer',
    operationId: 'listCustomerReports',
    summary: 'List what messages brought with each customer',
    description:
      'Of the members of a segment, or of everybody who was sent something: what was sent on these days, and what came of it. With `Accept: text/csv`: the page.',
    query: () => PageQuerySchema.extend({ ...SPAN, segment: z.string().min(1).max(63).optional() }),
    response: () => pageOf(CustomerSchema),
    csv: ({ items }) => itemsCsv(COLUMNS, items),
    handle: async (deps, { query: { segment, limit, cursor, ...span } }) => {
      const { timezone, currency } = await reportSettings(deps);
      const days = daysOf(span, timezone, deps.clock());
      const scope = `customers ${JSON.stringify([segment, span])}`;
      const from = readCursor(scope, CursorSchema, cursor);
      const question = {
        query: 'customers',
        ...spanOfDates(days.from, days.to, timezone),
        currency,
        limit,
      };
      const found =
        segment === undefined ? await anybody(deps, question, from) : await membersIn(deps, segment, question, from);
      const items = await mapWithConcurrency(CONCURRENCY, found.rows, (row) => shown(deps, row, currency));
      return { body: page(scope, items.flat(), found.next) };
    },
  }),
];

type Cursor = z.infer<typeof CursorSchema> | undefined;
type Asked = { query: string; limit: number };
interface Found {
  rows: CustomerRow[];
  next?: Cursor;
}

async function anybody({ facts }: Deps, asked: Asked, from: Cursor): Promise<Found> {
  const after = from !== undefined && 'after' in from ? from.after : undefined;
  const rows = await facts.ask<CustomerRow>({ ...asked, after });
  const last = rows.at(-1);
  return rows.length < asked.limit || last === undefined ? { rows } : { rows, next: { after: last.profile } };
}

/** In the order of the members; also those to whom nothing was sent. */
async function membersIn(deps: Deps, segment: string, asked: Asked, from: Cursor): Promise<Found> {
  const { snapshot } = await deps.catalog.snapshot();
  if (!snapshot.rules.some(({ kind, id }) => kind === 'segment' && id === segment))
    throw invalidAt('/query/segment', `there is no segment ${segment}`);
  const position = from !== undefined && 'member' in from ? from.member : undefined;
  const { keys, next } = await membersOf(deps, `${SEGMENT}${segment}`, { limit: asked.limit, from: position });
  const rows = keys.length === 0 ? [] : await deps.facts.ask<CustomerRow>({ ...asked, profiles: keys });
  const byKey = new Map(rows.map((row) => [row.profile, row]));
  return { rows: keys.map((key) => byKey.get(key) ?? nothing(key)), ...(next && { next: { member: next } }) };
}

/** Who was erased, or merged into another since, is not listed. */
async function shown({ profiles }: Deps, row: CustomerRow, currency: string) {
  const { profile, activity } = await profiles.query(row.profile);
  if (profile === undefined || activity?.mergedInto !== undefined) return [];
  const { sent, opened, clicked, converted, lastMessageAt } = row;
  const item = {
    profileId: profile.identity.id,
    tags: Object.keys(activity?.tags ?? {}).filter((tag) => !tag.startsWith(SEGMENT)),
    sent,
    opened,
    clicked,
    converted,
    revenue: majorUnitsOf(row.revenue, currency),
    ...(lastMessageAt === null ? {} : { lastMessageAt: iso(lastMessageAt) }),
  };
  return [item];
}
