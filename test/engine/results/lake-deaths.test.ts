import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { defaultSettings } from '../../../core/definitions/settings.ts';
import { sumUp } from '../../../core/metrics/buckets.ts';
import type { MetricEventsMessage, Sum } from '../../../core/metrics/metric-event.ts';
import { readDimensions } from '../../../core/results/dimensions.ts';
import { type FactRow, factDayOf } from '../../../core/results/fact-row.ts';
import { type RecordMetricsDeps, recordMetrics } from '../../../engine/metrics/record-metrics.ts';
import { compactLake } from '../../../engine/results/compact.ts';
import { queryFacts } from '../../../engine/results/query-facts.ts';
import { type ReportDeps, report } from '../../../engine/results/report.ts';
import { Died, lakeFolder } from './lake-folder.ts';
import { keyPartOf, naiveRow } from './naive-report.ts';
import { type Draw, factsOfSending, randomOf, randomSendings } from './random-sendings.ts';

/** More, with `LAKES=50`. */
const SEEDS = Number(process.env.LAKES ?? 3);
const FROM = '2026-10-27';
const TO = '2026-12-20';
const LATER = Date.parse('2027-02-01T00:00:00Z');
const TIMEZONE = 'Asia/Shanghai';

/** Calls, any of which may be the last of its process: before it is made, or before its answer came. */
function mortal(draw: Draw) {
  let isMortal = true;
  const deaths: string[] = [];
  const die = (call: string): void => {
    if (!isMortal || !draw.chance(0.12)) return;
    deaths.push(call);
    throw new Died();
  };
  return {
    deaths,
    die,
    /** From now on nobody dies. */
    heal: () => {
      isMortal = false;
    },
    async call<Answer>(name: string, work: () => Promise<Answer>): Promise<Answer> {
      die(`before ${name}`);
      const answer = await work();
      die(`after ${name}`);
      return answer;
    },
  };
}
type Mortal = ReturnType<typeof mortal>;

function recorder({ call }: Mortal, files: RecordMetricsDeps['facts']) {
  const marks = new Set<string>();
  let sums: Sum[] = [];
  const isNew = (mark: string): boolean => !marks.has(mark) && marks.add(mark).size > 0;
  const deps = {
    metrics: {
      first: (mark: string) => call('mark', async () => isNew(mark)),
      firstOf: (series: string, numbers: readonly number[]) =>
        call('marks', async () => new Set(numbers.filter((number) => isNew(`${series}#${number}`)))),
      add: (sum: Sum) =>
        call('add', async () => {
          sums = sumUp([], [...sums, sum]);
          return true;
        }),
    },
    facts: {
      // As the adapter does: a file for each day, any of which may be the last.
      async write(name: string, rows: readonly FactRow[]) {
        for (const its of Map.groupBy(rows, factDayOf).values()) await call('part', () => files.write(name, its));
      },
    },
    catalog: {
      snapshot: async () => ({ snapshot: { settings: { ...defaultSettings(), timezone: TIMEZONE } }, pointer: {} }),
    },
    guardrails: { send: async () => {} },
    again: { send: async () => {} },
    arrivals: { firstOfDay: () => [] },
    report: () => {},
    clock: () => LATER,
    log: { info() {}, warn() {}, error() {}, debug() {} },
  };
  return { sums: () => sums, record: (batch: MetricEventsMessage[]) => recordMetrics(deps as never, batch) };
}

it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'reports of the lake are what a recount finds, wherever those who count, write and compact have died (%i)',
  async (seed) => {
    const draw = randomOf(seed);
    const world = mortal(draw);
    const folder = lakeFolder((call) => (call === 'put' || call === 'delete' ? world.die(call) : undefined));
    const { record } = recorder(world, folder.files);
    const compact = () =>
      compactLake({ ...folder, folder: tmpdir(), clock: () => LATER, log: { info() {} } }).catch((error: unknown) => {
        if (!(error instanceof Died)) throw error;
      });
    const sendings = randomSendings(draw, 10 + draw.int(25));
    const queue = draw.shuffled(
      sendings.flatMap(factsOfSending).map((one, index) => ({ id: `queue#${index}`, metricEvents: [one] })),
    );
    const ask = <Row>(question: { query: string }) => queryFacts(folder, { ...question }) as Promise<Row[]>;
    for (let tries = 0; queue.length > 0; tries += 1) {
      if (tries > 60) world.heal();
      const batch = queue.splice(0, 1 + draw.int(40));
      // Whoever dies leaves a batch on the queue, where it meets others.
      const done = record(batch).catch((error: unknown) => {
        if (!(error instanceof Died || (error instanceof Error && error.message.includes('kept')))) throw error;
        for (const one of batch) queue.splice(draw.int(queue.length + 1), 0, one);
      });
      const meanwhile = draw.chance(0.3) ? Array.from({ length: 1 + draw.int(2) }, compact) : [];
      const asked = draw.chance(0.2) ? [ask({ query: 'counts' })] : [];
      await Promise.all([done, ...meanwhile, ...asked]);
    }
    const deps: ReportDeps = {
      cells: { read: async () => [{ day: FROM, dimensions: {}, counts: {} }] },
      facts: { ask },
      costs: { between: async () => [] },
      definitions: { head: async () => ({}) as never },
    };
    const check = async () => {
      for (const by of ['tag:vip', 'segment:high', 'trait:city,channel']) {
        const read = readDimensions(by, ['city']);
        if ('fault' in read) throw new Error(read.fault);
        const asked = { scope: 'campaign' as const, id: 'spring', from: FROM, earliest: FROM, to: TO };
        const settings = { timezone: TIMEZONE, currency: 'CNY' };
        const { rows } = await report(deps, { ...asked, by: read.dimensions }, settings);
        const its = sendings.filter(({ dimensions }) => dimensions.campaign === 'spring');
        const keyOf = (one: (typeof its)[number]) =>
          JSON.stringify(by.split(',').map((name) => keyPartOf(name, one, TIMEZONE)));
        const naive = Object.fromEntries([...Map.groupBy(its, keyOf)].map(([key, some]) => [key, naiveRow(some)]));
        expect(Object.fromEntries(rows.map(({ key, ...row }) => [JSON.stringify(Object.values(key)), row]))).toEqual(
          naive,
        );
      }
    };
    await check();
    world.heal();
    await compact();
    await check();
    folder.remove();
  },
  60_000,
);
