import * as z from 'zod';
import { CHANNELS } from '../../../core/channels/registry.ts';
import { REPORT_SCOPES } from '../../../core/metrics/cells.ts';
import { bestHours, type HourCell } from '../../../core/results/best-hours.ts';
import type { HourAnswer, HoursQuestion } from '../../../core/results/sql/hours.ts';
import { spanOfDates } from '../../../core/time/local.ts';
import { invalidAt } from '../../../engine/errors.ts';
import type { FactQueries } from '../../../engine/results/ports.ts';
import { KIND_OF_SCOPE } from '../../../engine/results/report.ts';
import type { Deps } from '../dependencies.ts';
import { itemsCsv } from '../items-csv.ts';
import { daysOf, SPAN } from './days.ts';
import { reportSettings } from './report-settings.ts';
import { route } from './route.ts';

const HOURS = 24;
const COUNT = z.int();
const CELL = { weekday: z.int().describe('0 is Monday'), hour: z.int(), sent: COUNT, opened: COUNT, clicked: COUNT };

function scopeOf(text: string | undefined): HoursQuestion['scope'] {
  if (text === undefined) return undefined;
  const colon = text.indexOf(':');
  const kind = REPORT_SCOPES.find((one) => one === text.slice(0, colon));
  const id = text.slice(colon + 1);
  if (kind === undefined || id === '')
    throw invalidAt('/query/scope', `must be one of ${REPORT_SCOPES.join(', ')} with an id, such as "campaign:spring"`);
  return { kind, id };
}

/** What was deleted keeps its hours. @throws DomainError if there never was such a thing */
async function requireKnown({ definitions }: Pick<Deps, 'definitions'>, scope: HoursQuestion['scope']): Promise<void> {
  if (scope === undefined) return;
  const kind = KIND_OF_SCOPE[scope.kind];
  const isKnown =
    kind === undefined
      ? CHANNELS.some((channel) => channel === scope.id)
      : (await definitions.head(kind, scope.id)) !== undefined;
  if (!isKnown) throw invalidAt('/query/scope', `there is no ${scope.kind} ${scope.id}`);
}

/** All hours of a week, those in which nothing was sent too. */
async function cellsOf(facts: FactQueries, question: HoursQuestion): Promise<HourCell[]> {
  const answers = new Map((await facts.ask<HourAnswer>(question)).map((answer) => [answer.hour, answer]));
  return Array.from({ length: 7 * HOURS }, (_, index) => {
    const { sent, opened, clicked } = answers.get(index) ?? { sent: 0, opened: 0, clicked: 0 };
    return { weekday: Math.floor(index / HOURS), hour: index % HOURS, sent, opened, clicked };
  });
}

export const hoursRoute = route({
  method: 'GET',
  path: '/v1/reports/hours',
  role: 'viewer',
  operationId: 'getHours',
  summary: 'Show at which hours customers open and click',
  description:
    'Messages by the hour of the week of their sending, by each customer’s own clock. `best`: up to 3 hours with at least 20 messages, whose rate of clicks (of opens, where nobody clicked) has the highest lower end of its 95 % interval: a heuristic, since not the same messages went to the same people at each hour. With `Accept: text/csv`: the cells.',
  query: () =>
    z.object({
      ...SPAN,
      scope: z
        .string()
        .min(1)
        .max(300)
        .optional()
        .describe('such as `campaign:spring`; absent: everything that was sent'),
    }),
  response: () =>
    z.object({
      from: z.string(),
      to: z.string(),
      cells: z.array(z.object(CELL)),
      best: z.array(z.object(CELL)),
    }),
  csv: ({ cells }) => itemsCsv(Object.keys(CELL), cells),
  handle: async (deps, { query }) => {
    const scope = scopeOf(query.scope);
    await requireKnown(deps, scope);
    const { timezone } = await reportSettings(deps);
    const { from, to } = daysOf(query, timezone, deps.clock());
    const cells = await cellsOf(deps.facts, { query: 'hours', scope, ...spanOfDates(from, to, timezone) });
    return { body: { from, to, cells, best: bestHours(cells) } };
  },
});
