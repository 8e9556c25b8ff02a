import { expect, it } from 'vitest';
import { sumUp } from '../../../core/metrics/buckets.ts';
import { CELL_PREFIX, cellPlace } from '../../../core/metrics/cells.ts';
import type { Sum } from '../../../core/metrics/metric-event.ts';
import { factRowsOf } from '../../../core/results/fact-row.ts';
import { isRecounted } from '../../../core/results/sql/cells.ts';
import { localDate } from '../../../core/time/local.ts';
import { recountCells } from '../../../engine/results/recount-cells.ts';
import { factTable } from './fact-table.ts';
import { factsOfSending, randomOf, randomSendings } from './random-sendings.ts';

const SEEDS = Number(process.env.REPORTS ?? 12);
const NOW = Date.parse('2026-12-20T04:23:00Z');

type Counts = Record<string, number>;
/** Cells in memory, by scope and key. */
function cellsWith(sums: readonly Sum[]) {
  const stored = new Map(
    sums.map(({ scope, day, counts }) => [`${scope} ${day}`, { scope, day, counts: { ...counts } }]),
  );
  return {
    stored,
    counts: () => Object.fromEntries([...stored].map(([key, { counts }]) => [key, counts])),
    cells: {
      read: async (scope: string, from: string, to: string) =>
        [...stored.values()]
          .map(({ day, ...cell }) => ({ ...cell, ...cellPlace(day) }))
          .filter((cell) => cell.scope === scope && cell.day >= from && cell.day <= to),
    },
    recounts: {
      correct: async ({ scope, day, counts }: Sum, read: Readonly<Counts>) => {
        const cell = stored.get(`${scope} ${day}`) ?? { scope, day, counts: {} as Counts };
        stored.set(`${scope} ${day}`, cell);
        const names = Object.keys(counts);
        if (names.some((name) => cell.counts[name] !== read[name])) return false;
        for (const name of names) cell.counts[name] = (cell.counts[name] ?? 0) + (counts[name] ?? 0);
        return true;
      },
    },
  };
}

async function historyOf(seed: number) {
  const draw = randomOf(seed);
  const timezone = draw.of(['Asia/Shanghai', 'America/New_York', 'Asia/Kathmandu']);
  const facts = randomSendings(draw, 1 + draw.int(40)).flatMap(factsOfSending);
  const sums = sumUp(facts, [], { guardrails: [], reports: { timezone, now: NOW } }).filter(({ scope }) =>
    scope.startsWith(CELL_PREFIX),
  );
  const table = await factTable(facts.flatMap((fact, index) => factRowsOf({ id: `f${index}`, metricEvents: [fact] })));
  const drifts: number[] = [];
  const recount = async (port: ReturnType<typeof cellsWith>, by = timezone) => {
    drifts.length = 0;
    for (const day of new Set(facts.map(({ at, sentAt }) => localDate(sentAt ?? at, by))))
      await recountCells(
        {
          lake: { list: async () => [] } as never,
          engine: { open: (_files: unknown, work: (facts: object) => unknown) => work(table) } as never,
          ...port,
          reportDrift: (drift) => drifts.push(drift),
          clock: () => NOW,
          log: { warn() {} } as never,
        },
        day,
        by,
      );
    return drifts.reduce((sum, drift) => sum + drift, 0);
  };
  return { draw, timezone, sums, recount, close: () => table.close() };
}

it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'counters of reports that a death has lost come back, whatever they were, and none is counted twice (%i)',
  async (seed) => {
    const { draw, sums, recount, close } = await historyOf(seed);
    const whole = cellsWith(sums);
    expect(await recount(whole)).toBe(0);
    let lost = 0;
    const rest = sums.flatMap((sum) => {
      if (draw.chance(0.1) && Object.keys(sum.counts).every(isRecounted)) {
        lost += Object.values(sum.counts).reduce((all, count) => all + count, 0);
        return [];
      }
      const counts = Object.fromEntries(
        Object.entries(sum.counts).map(([counter, count]) => {
          const less = isRecounted(counter) && count > 0 && draw.chance(0.2) ? 1 + draw.int(count) : 0;
          lost += less;
          return [counter, count - less];
        }),
      );
      return [{ ...sum, counts }];
    });
    const port = cellsWith(rest);
    expect(await recount(port)).toBe(lost);
    expect(port.counts()).toEqual(whole.counts());
    expect(await recount(port)).toBe(0);
    close();
  },
);

it('a cell that has too much is reported, and left as it is', async () => {
  const { sums, recount, close } = await historyOf(3);
  const port = cellsWith(sums);
  const [first] = [...port.stored.values()].filter(({ scope }) => scope.startsWith('report#channel'));
  const [counter = '', other = 'sent@23'] = Object.keys(first?.counts ?? {}).filter(isRecounted);
  if (first === undefined) throw new Error('no cell');
  first.counts[counter] = (first.counts[counter] ?? 0) + 3;
  first.counts[other] = 0;
  const before = port.counts()[`${first.scope} ${first.day}`];
  expect(await recount(port)).toBeGreaterThanOrEqual(3);
  expect(port.counts()[`${first.scope} ${first.day}`]).toEqual(before);
  close();
});

it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
  'nothing is counted again on another day after a change of the timezone (%i)',
  async (seed) => {
    const { timezone, sums, recount, close } = await historyOf(seed);
    const port = cellsWith(sums);
    const before = port.counts();
    await recount(port, timezone === 'America/New_York' ? 'Asia/Shanghai' : 'America/Los_Angeles');
    expect(port.counts()).toEqual(before);
    close();
  },
);
