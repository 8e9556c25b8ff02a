import * as z from 'zod';
import { iso } from '../../../core/time/instant.ts';
import { spanOfDates } from '../../../core/time/local.ts';
import { PositionSchema } from '../../../engine/profiles/audience-members.ts';
import { type CustomerReport, customerReports } from '../../../engine/results/customer-reports.ts';
import { PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { itemsCsv } from '../items-csv.ts';
import { daysOf, SPAN } from './days.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

const COLUMNS = ['profileId', 'tags', 'sent', 'opened', 'clicked', 'converted', 'revenue', 'lastMessageAt'];

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

const CursorSchema = z.union([z.object({ after: z.string() }), z.object({ member: PositionSchema })]);

export const customerRoutes: Route<Deps>[] = [
  route({
    method: 'GET',
    path: '/v1/reports/customers',
    role: 'viewer',
    operationId: 'listCustomerReports',
    summary: 'List what messages brought with each customer',
    description:
      'Lists everybody who was sent something, was to be and could not, or reached a goal; or the members of a segment: what was sent on these days, and what came of it. With `Accept: text/csv`: the page.',
    query: () => PageQuerySchema.extend({ ...SPAN, segment: z.string().min(1).max(63).optional() }),
    response: () => pageOf(CustomerSchema),
    csv: ({ items }) => itemsCsv(COLUMNS, items),
    handle: async (deps, { query: { segment, limit, cursor, ...span } }) => {
      const { timezone, currency } = await reportSettings(deps);
      const days = daysOf(span, timezone, deps.clock());
      const scope = `customers ${JSON.stringify([segment, span])}`;
      const from = readCursor(scope, CursorSchema, cursor);
      const asked = { ...spanOfDates(days.from, days.to, timezone), currency, limit };
      const { items, next } = await customerReports(deps, asked, { segment, from });
      return { body: page(scope, items.map(shownOf), next) };
    },
  }),
];

function shownOf({ profileId, tags, sent, opened, clicked, converted, revenue, lastMessageAt }: CustomerReport) {
  const last = lastMessageAt === null ? {} : { lastMessageAt: iso(lastMessageAt) };
  return { profileId, tags, sent, opened, clicked, converted, revenue, ...last };
}
