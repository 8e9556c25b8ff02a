import type { ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { majorUnitsOf } from '../../core/results/minor-units.ts';
import type { CustomerRow, CustomersQuestion } from '../../core/results/sql/customers.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import { invalidAt } from '../errors.ts';
import { membersOf, type Position } from '../profiles/audience-members.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { FactQueries } from './ports.ts';

export interface CustomerReportDeps {
  catalog: Pick<CatalogStore, 'snapshot'>;
  facts: FactQueries;
  profiles: Pick<ProfileStore, 'members' | 'query' | 'readProfile'>;
}

/** The messages of a period, and the currency of what they brought. */
export type AskedCustomers = Pick<CustomersQuestion, 'from' | 'to' | 'currency' | 'limit'>;

/** Where a page begins: after a customer, by key; or at a member of the segment. */
export type CustomerPosition = { after: string } | { member: Position };

export interface CustomerReport extends Omit<CustomerRow, 'profile'> {
  profileId: string;
  /** Those on now. */
  tags: string[];
}

interface Found {
  rows: CustomerRow[];
  next?: CustomerPosition | undefined;
}

const CONCURRENCY = 16;
const SEGMENT = 'segment:';

/** Returns a page of the customers who were sent something, or of the members of a segment, with what messages brought with each. */
export async function customerReports(
  deps: CustomerReportDeps,
  asked: AskedCustomers,
  { segment, from }: { segment: string | undefined; from: CustomerPosition | undefined },
): Promise<{ items: CustomerReport[]; next: CustomerPosition | undefined }> {
  const { rows, next } =
    segment === undefined ? await anybody(deps, asked, from) : await members(deps, segment, asked, from);
  const items = await mapWithConcurrency(CONCURRENCY, rows, (row) => reportOf(deps, row, asked.currency));
  return { items: items.flat(), next };
}

const question = (asked: AskedCustomers) => ({ query: 'customers', ...asked });

async function anybody(
  { facts }: CustomerReportDeps,
  asked: AskedCustomers,
  from: CustomerPosition | undefined,
): Promise<Found> {
  const after = from !== undefined && 'after' in from ? from.after : undefined;
  const rows = await facts.ask<CustomerRow>({ ...question(asked), after });
  const last = rows.at(-1);
  return rows.length < asked.limit || last === undefined ? { rows } : { rows, next: { after: last.profile } };
}

const nothing = (profile: ProfileKey): CustomerRow => ({
  profile,
  sent: 0,
  opened: 0,
  clicked: 0,
  converted: 0,
  revenue: 0,
  lastMessageAt: null,
});

/** In the order of the members; also those to whom nothing was sent. */
async function members(
  deps: CustomerReportDeps,
  segment: string,
  asked: AskedCustomers,
  from: CustomerPosition | undefined,
): Promise<Found> {
  const { snapshot } = await deps.catalog.snapshot();
  if (!snapshot.rules.some(({ kind, id }) => kind === 'segment' && id === segment))
    throw invalidAt('/query/segment', `there is no segment ${segment}`);
  const position = from !== undefined && 'member' in from ? from.member : undefined;
  const { keys, next } = await membersOf(deps, `${SEGMENT}${segment}`, { limit: asked.limit, from: position });
  const rows = keys.length === 0 ? [] : await deps.facts.ask<CustomerRow>({ ...question(asked), profiles: keys });
  const byKey = new Map(rows.map((row) => [row.profile, row]));
  return { rows: keys.map((key) => byKey.get(key) ?? nothing(key)), ...(next && { next: { member: next } }) };
}

/** A customer who was erased, or merged into another since, is not listed. */
async function reportOf(
  { profiles }: CustomerReportDeps,
  { profile: key, ...row }: CustomerRow,
  currency: string,
): Promise<CustomerReport[]> {
  const { profile, activity } = await profiles.query(key);
  if (profile === undefined || activity?.mergedInto !== undefined) return [];
  const tags = Object.keys(activity?.tags ?? {}).filter((tag) => !tag.startsWith(SEGMENT));
  return [{ ...row, profileId: profile.identity.id, tags, revenue: majorUnitsOf(row.revenue, currency) }];
}
