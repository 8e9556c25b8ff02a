import type { Kind } from '../../core/definitions/definition.ts';
import { type Cell, cellScope, type ReportScope } from '../../core/metrics/cells.ts';
import { clockSegments } from '../../core/results/clock-segments.ts';
import { type Dimension, isInCells } from '../../core/results/dimensions.ts';
import { type Group, groupCells, groupOf, inOrder, type RowKey } from '../../core/results/group-cells.ts';
import { type FactCounts, type Row, rowOf } from '../../core/results/row.ts';
import type { ReportAnswer, ReportQuestion } from '../../core/results/sql/report.ts';
import type { LocalDate } from '../../core/time/calendar.ts';
import { iso } from '../../core/time/instant.ts';
import { spanOfDates } from '../../core/time/local.ts';
import type { DefinitionStore } from '../definitions/ports.ts';
import { DomainError } from '../errors.ts';
import type { Cells, Costs, FactQueries } from './ports.ts';

export interface ReportDeps {
  cells: Cells;
  facts: FactQueries;
  costs: Pick<Costs, 'between'>;
  definitions: Pick<DefinitionStore, 'head'>;
}

/** The report that is asked for. Days are those of the settings' timezone, inclusive. */
export interface ReportRequest {
  scope: ReportScope;
  id: string;
  /** Absent: since the first message. */
  from: LocalDate | undefined;
  /** The earliest day that a report may begin with. */
  earliest: LocalDate;
  to: LocalDate;
  by: Dimension[];
  occurrence?: string | undefined;
  version?: number | undefined;
}

/** The settings by which a report counts. */
export interface ReportSettings {
  timezone: string;
  currency: string;
}

export interface Report extends ReportSettings {
  scope: ReportScope;
  id: string;
  from: LocalDate;
  to: LocalDate;
  totals: Row;
  rows: (Row & { key: RowKey })[];
  revisedAt?: string;
}

/** The kind of definition that a scope names; a channel is none. */
export const KIND_OF_SCOPE: Partial<Record<ReportScope, Kind>> = {
  campaign: 'campaigns',
  journey: 'journeys',
  template: 'templates',
};

/**
 * Reports what a campaign, a journey, a channel or a template brought. Counters come from cells where these have all dimensions, and else from the data
 * lake, which also says how many people they were. Rows add up to the totals, but for people.
 * @throws DomainError `not-found`
 */
export async function report(deps: ReportDeps, asked: ReportRequest, settings: ReportSettings): Promise<Report> {
  const { scope, id, to, by, occurrence, version } = asked;
  const all = await deps.cells.read(cellScope(scope, id), asked.from ?? asked.earliest, to);
  if (all.length === 0) await requireKnown(deps, scope, id);
  const cells = all.filter((cell) => isOf(cell, asked));
  const from = asked.from ?? all[0]?.day ?? to;
  const isCounted = by.every((dimension) => isInCells(scope, dimension));
  const [answers, spent] = await Promise.all([
    deps.facts.ask<ReportAnswer>(question({ ...asked, from }, settings, isCounted)),
    // Nobody says of what is spent outside which version or occurrence it was for.
    occurrence === undefined && version === undefined ? spentOn(deps, { scope, id }, from, to) : [],
  ]);
  const groups = isCounted ? groupCells(cells, by) : groupsOf(answers, by);
  const people = peopleOf(answers, by);
  const withCosts = addCosts(groups, by, spent);
  const total: FactCounts = withSpent(groupCells(cells, [])[0]?.counts ?? {}, spent);
  const revisedAt = Math.max(0, ...cells.map((cell) => cell.revisedAt ?? 0));
  return {
    scope,
    id,
    from,
    to,
    timezone: settings.timezone,
    currency: settings.currency,
    totals: rowOf(total, settings.currency, people.total),
    rows: by.length === 0 ? [] : withCosts.map((group) => shownRow(group, settings, people.byKey)),
    ...(revisedAt === 0 ? {} : { revisedAt: iso(revisedAt) }),
  };
}

/** A deleted definition keeps its report, if it ever sent anything. */
async function requireKnown({ definitions }: ReportDeps, scope: ReportScope, id: string): Promise<void> {
  const kind = KIND_OF_SCOPE[scope];
  if (kind === undefined) return;
  const head = await definitions.head(kind, id);
  if (head === undefined || head.deleted)
    throw new DomainError({ code: 'not-found', detail: `There is no ${kind}/${id}.` });
}

const isOf = ({ dimensions }: Cell, { occurrence, version }: ReportRequest): boolean =>
  (occurrence === undefined || dimensions.occurrence === occurrence) &&
  (version === undefined || dimensions.version === String(version));

function question(
  { scope, id, from, to, by, occurrence, version }: ReportRequest & { from: LocalDate },
  { timezone }: ReportSettings,
  isCounted: boolean,
): ReportQuestion {
  return {
    query: 'report',
    scope: { kind: scope, id },
    ...spanOfDates(from, to, timezone),
    clocks: clockSegments(from, to, timezone),
    by,
    occurrence,
    version,
    ...(isCounted ? { only: 'recipients' } : {}),
  };
}

const keyOf = ({ key0, key1 }: ReportAnswer, by: readonly Dimension[]): RowKey =>
  Object.fromEntries(by.map(({ text }, index) => [text, index === 0 ? key0 : key1]));

function groupsOf(answers: readonly ReportAnswer[], by: readonly Dimension[]): Group[] {
  const groups = new Map<string, Group>();
  for (const answer of answers) {
    if (answer.isTotal || answer.counter === 'recipients') continue;
    const { counts } = groupOf(groups, keyOf(answer, by));
    counts[answer.counter] = (counts[answer.counter] ?? 0) + answer.count;
  }
  return inOrder([...groups.values()], by);
}

const textOf = (key: RowKey): string => JSON.stringify(Object.values(key));

export function peopleOf(answers: readonly ReportAnswer[], by: readonly Dimension[]) {
  const people = answers.filter(({ counter }) => counter === 'recipients');
  return {
    total: people.find(({ isTotal }) => isTotal)?.count ?? 0,
    byKey: new Map(
      people.filter(({ isTotal }) => !isTotal).map((answer) => [textOf(keyOf(answer, by)), answer.count] as const),
    ),
  };
}

export const shownRow = (
  { key, counts }: Group,
  { currency }: ReportSettings,
  people: ReadonlyMap<string, number>,
) => ({
  key,
  ...rowOf(counts, currency, people.get(textOf(key)) ?? 0),
});

export interface OutsideSpend {
  day: LocalDate;
  /** Only of what was spent on a channel as such. */
  channel?: string;
  /** Millionths of the major unit. */
  amount: number;
}

async function spentOn(
  { costs }: ReportDeps,
  { scope, id }: { scope: ReportScope; id: string },
  from: LocalDate,
  to: LocalDate,
): Promise<OutsideSpend[]> {
  return scope === 'campaign' || scope === 'channel' ? costs.between(`${scope}:${id}`, from, to) : [];
}

/** Outside spend belongs to the rows of its day; where rows are of something else, to the one that has none of it. */
export function addCosts(groups: readonly Group[], by: readonly Dimension[], spent: readonly OutsideSpend[]): Group[] {
  if (spent.length === 0) return [...groups];
  const known = new Map(groups.map(({ key, counts }) => [textOf(key), { key, counts: { ...counts } }]));
  const cells: Cell[] = spent.map(({ day, channel, amount }) => ({
    day,
    dimensions: channel === undefined ? {} : { channel },
    counts: { 'cost@': amount },
  }));
  const noHour = by.map((dimension) =>
    dimension.name === 'hour' ? { ...dimension, kind: 'trait' as const } : dimension,
  );
  for (const { key, counts } of groupCells(cells, noHour)) {
    const group = groupOf(known, key);
    group.counts.cost = (group.counts.cost ?? 0) + (counts.cost ?? 0);
  }
  return inOrder([...known.values()], by);
}

export const withSpent = (counts: FactCounts, spent: readonly OutsideSpend[]): FactCounts =>
  spent.length === 0
    ? counts
    : { ...counts, cost: (counts.cost ?? 0) + spent.reduce((sum, { amount }) => sum + amount, 0) };
