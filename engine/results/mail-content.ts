import type { Alert } from '../../core/alerts/alert.ts';
import type { ReportScope } from '../../core/metrics/cells.ts';
import type { Dimension } from '../../core/results/dimensions.ts';
import type { Due } from '../../core/results/mail/due.ts';
import type { MailContent } from '../../core/results/mail/report-mail.ts';
import { reportedIn, type Subscription } from '../../core/results/mail/subscription.ts';
import type { Row } from '../../core/results/row.ts';
import { addDays, daysBetween, type LocalDate } from '../../core/time/calendar.ts';
import type { Alerts } from '../alerts/ports.ts';
import type { CatalogStore, DefinitionStore } from '../definitions/ports.ts';
import { overview } from './overview.ts';
import type { Cells, Costs, FactQueries } from './ports.ts';
import { type ReportSettings, report } from './report.ts';

export interface MailContentDeps {
  cells: Cells;
  facts: FactQueries;
  costs: Pick<Costs, 'between' | 'everyBetween'>;
  catalog: Pick<CatalogStore, 'snapshot'>;
  definitions: Pick<DefinitionStore, 'head'>;
  alerts: Pick<Alerts, 'list'>;
}

/** A daily mail shows so many days beside each other. */
const CHART_DAYS = 7;
const MAX_ALERTS = 20;
const NEWEST_ALERTS = 100;
const DAY: Dimension = { kind: 'time', name: 'day', text: 'day' };
const VARIANT: Dimension = { kind: 'message', name: 'variant', text: 'variant' };

/** Returns the figures of a mail: those that the API's reports have. @throws DomainError `not-found`: what it is about has gone */
export async function mailContent(
  deps: MailContentDeps,
  { name, scope, every, locale }: Subscription,
  { from, to }: Pick<Due, 'from' | 'to'>,
): Promise<MailContent> {
  const { snapshot } = await deps.catalog.snapshot();
  const { timezone, money, locale: usual } = snapshot.settings;
  const settings = { timezone, currency: money.currency };
  const chartFrom = every === 'day' ? addDays(to, 1 - CHART_DAYS) : from;
  const span = { from, to, chartFrom };
  const about = reportedIn(scope);
  const [found, alerts] =
    about === undefined
      ? await Promise.all([ofOverview(deps, span, settings), openAlerts(deps)])
      : [await ofScope(deps, about, span, settings), undefined];
  return {
    name,
    about: about && { ...about, name: nameOf(about, snapshot) },
    every,
    from,
    to,
    ...settings,
    locale: locale ?? usual,
    totals: found.totals,
    days: everyDay(chartFrom, to).map((day) => ({ day, row: found.days.get(day) })),
    parts: found.parts,
    ...(alerts === undefined ? {} : { alerts }),
  };
}

interface Span {
  from: LocalDate;
  to: LocalDate;
  chartFrom: LocalDate;
}
interface Found {
  totals: Row;
  days: ReadonlyMap<string, Row>;
  parts: MailContent['parts'];
}

async function ofOverview(
  deps: MailContentDeps,
  { from, to, chartFrom }: Span,
  settings: ReportSettings,
): Promise<Found> {
  const [all, chart] = await Promise.all([
    overview(deps, { from, to }, settings),
    overview(deps, { from: chartFrom, to }, settings),
  ]);
  return {
    totals: all.totals,
    days: new Map(chart.days.map(({ day, ...row }) => [day, row])),
    parts: all.channels.map(({ channel, ...row }) => ({ name: channel, row })),
  };
}

async function ofScope(
  deps: MailContentDeps,
  about: { kind: ReportScope; id: string },
  { from, to, chartFrom }: Span,
  settings: ReportSettings,
): Promise<Found> {
  const asked = { scope: about.kind, id: about.id, from, earliest: from, to };
  const [byVariant, byDay] = await Promise.all([
    report(deps, { ...asked, by: about.kind === 'campaign' ? [VARIANT] : [] }, settings),
    report(deps, { ...asked, from: chartFrom, earliest: chartFrom, by: [DAY] }, settings),
  ]);
  return {
    totals: byVariant.totals,
    days: new Map(byDay.rows.map(({ key, ...row }) => [String(key.day), row])),
    parts: byVariant.rows.map(({ key, ...row }) => ({
      name: typeof key.variant === 'string' ? key.variant : null,
      row,
    })),
  };
}

const everyDay = (from: LocalDate, to: LocalDate): LocalDate[] =>
  Array.from({ length: daysBetween(from, to) + 1 }, (_, index) => addDays(from, index));

async function openAlerts({ alerts }: MailContentDeps): Promise<string[]> {
  const { items } = await alerts.list({ limit: NEWEST_ALERTS });
  return items
    .filter(({ status }) => status === 'open')
    .slice(0, MAX_ALERTS)
    .map(lineOf);
}

const lineOf = ({ at, kind, scope, scopeId, metric, value, threshold, did }: Alert): string => {
  const where = scopeId === undefined ? scope : `${scope}/${scopeId}`;
  return `${new Date(at).toISOString().slice(0, 16)}Z ${kind} ${where}: ${metric} ${value} / ${threshold} (${did})`;
};

type Named = Pick<Awaited<ReturnType<CatalogStore['snapshot']>>['snapshot'], 'campaigns' | 'journeys'>;

/** The name of what is live; others are named by their id. */
function nameOf({ kind, id }: { kind: ReportScope; id: string }, { campaigns = [], journeys }: Named) {
  if (kind === 'campaign') return campaigns.find((one) => one.id === id)?.definition.name;
  return kind === 'journey' ? journeys.find((one) => one.id === id)?.definition.name : undefined;
}
