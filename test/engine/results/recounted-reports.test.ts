import { expect, it } from 'vitest';
import { defaultSettings } from '../../../core/definitions/settings.ts';
import { sumUp } from '../../../core/metrics/buckets.ts';
import { type Cell, cellPlace } from '../../../core/metrics/cells.ts';
import { messageIdOf } from '../../../core/metrics/mark-series.ts';
import type { MetricEventsMessage, Sum } from '../../../core/metrics/metric-event.ts';
import { readDimensions } from '../../../core/results/dimensions.ts';
import { factRowsOf } from '../../../core/results/fact-row.ts';
import { type ReportQuestion, reportSql } from '../../../core/results/sql/report.ts';
import { recordMetrics } from '../../../engine/metrics/record-metrics.ts';
import { type ReportDeps, report } from '../../../engine/results/report.ts';
import { factTable } from './fact-table.ts';
import { keyPartOf, naiveRow } from './naive-report.ts';
import { type Draw, factsOfSending, randomOf, randomSendings, type Sending } from './random-sendings.ts';

/** 300 and more in `npm run test:search`. */
const SEEDS = Number(process.env.REPORTS ?? 12);
const FROM = '2026-10-27';
const TO = '2026-12-20';

/** Counters in memory: what `record-metrics` needs of Metrics. */
function counters() {
  const marks = new Set<string>();
  let sums: Sum[] = [];
  const isNew = (mark: string): boolean => !marks.has(mark) && marks.add(mark).size > 0;
  return {
    sums: () => sums,
    port: {
      first: async (mark: string) => isNew(mark),
      firstOf: async (series: string, numbers: readonly number[]) =>
        new Set(numbers.filter((number) => isNew(`${series}#${number}`))),
      add: async (sum: Sum) => {
        sums = sumUp([], [...sums, sum]);
        return true;
      },
    },
  };
}

/** Delivers the facts in any order, some twice, some weeks late, some again under another message. */
async function count(draw: Draw, messages: MetricEventsMessage[], timezone: string): Promise<Sum[]> {
  const { sums, port } = counters();
  const deliveries = draw.shuffled([...messages, ...messages.filter(() => draw.chance(0.3))]);
  const snapshot = { settings: { ...defaultSettings(), timezone } };
  while (deliveries.length > 0)
    await recordMetrics(
      {
        metrics: port,
        catalog: { snapshot: async () => ({ snapshot, pointer: {} }) as never },
        guardrails: { send: async () => {} },
        again: { send: async () => {} },
        arrivals: { firstOfDay: () => [] },
        facts: { write: async () => {} },
        report: () => {},
        clock: () => Date.parse(draw.of(['2026-10-30T00:00:00.000Z', '2026-12-15T00:00:00.000Z'])),
        log: { info() {}, warn() {}, error() {} } as never,
      } as Parameters<typeof recordMetrics>[0],
      deliveries.splice(0, 1 + draw.int(20)),
    );
  return sums();
}

const cellsOf = (sums: readonly Sum[], scope: string): Cell[] =>
  sums
    .filter((sum) => sum.scope === scope)
    .map(({ day, counts, revisedAt }) => ({ ...cellPlace(day), counts, revisedAt }))
    .toSorted((a, b) => (a.day < b.day ? -1 : 1));

function naiveRows(sendings: readonly Sending[], by: string, timezone: string) {
  const names = by.split(',');
  const groups = Map.groupBy(sendings, (one) => JSON.stringify(names.map((name) => keyPartOf(name, one, timezone))));
  return Object.fromEntries([...groups].map(([key, its]) => [key, naiveRow(its)]));
}

const SCOPES = [
  ['campaign', 'spring'],
  ['journey', 'wake'],
  ['channel', 'sms'],
  ['template', 'hello'],
] as const;
const BY = [
  'day',
  'hour',
  'weekday',
  'channel',
  'template',
  'variant',
  'node',
  'version',
  'occurrence',
  'tag:vip',
  'segment:high',
  'trait:city',
];

it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'every report is what a recount of the messages finds, in whatever order and how often facts come (%i)',
  async (seed) => {
    const draw = randomOf(seed);
    const timezone = draw.of(['Asia/Shanghai', 'America/New_York', 'Asia/Kathmandu']);
    const sendings = randomSendings(draw, 1 + draw.int(60));
    const facts = sendings.flatMap(factsOfSending);
    const messages = facts.map((fact, number) => ({ id: messageIdOf('series', number), metricEvents: [fact] }));
    const again = facts
      .filter(({ once }) => once !== undefined && draw.chance(0.3))
      .map((fact, number) => ({ id: `again#${number}`, metricEvents: [fact] }));
    const sums = await count(draw, [...messages, ...again], timezone);
    const table = await factTable([...messages, ...again].flatMap(factRowsOf));
    const deps: ReportDeps = {
      cells: { read: async (scope) => cellsOf(sums, scope) },
      facts: { ask: async <Row>(asked: object) => (await table.rows(reportSql(asked as ReportQuestion))) as Row[] },
      costs: { between: async () => [] },
      definitions: { head: async () => ({}) as never },
    };
    for (const [scope, id] of SCOPES) {
      const by = [...new Set([draw.of(BY), ...(draw.chance(0.5) ? [draw.of(BY)] : [])])].join(',');
      const read = readDimensions(by, ['city']);
      if ('fault' in read) throw new Error(read.fault);
      const its = sendings.filter((one) => one.dimensions[scope] === id);
      const asked = { scope, id, from: FROM, earliest: FROM, to: TO, by: read.dimensions };
      const found = await report(deps, asked, { timezone, currency: 'CNY' });
      expect(found.totals).toEqual(naiveRow(its));
      const rows = Object.fromEntries(found.rows.map(({ key, ...row }) => [JSON.stringify(Object.values(key)), row]));
      expect({ scope, by, rows }).toEqual({ scope, by, rows: naiveRows(its, by, timezone) });
      expect(Object.keys(rows)).toHaveLength(found.rows.length);
    }
    table.close();
  },
);
