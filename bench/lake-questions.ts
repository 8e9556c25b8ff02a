import { copyFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { duckdbEngine } from '../adapters/duckdb/engine.ts';
import { parquetOf } from '../adapters/s3/parquet.ts';
import type { EpochMs } from '../core/ids.ts';
import { dayOfFile, partKey } from '../core/results/fact-files.ts';
import { type FactRow, factDayOf, factRowsOf } from '../core/results/fact-row.ts';
import { compactLake } from '../engine/results/compact.ts';
import type { FactQuery, Lake } from '../engine/results/ports.ts';
import { answerOf } from '../engine/results/query-facts.ts';
import { realNow } from '../local/clock.ts';
import { CAMPAIGN, factsOfMessage, TAG } from './lake-facts.ts';
import { followMemory } from './memory-use.ts';

export interface QuestionSpeed {
  question: string;
  seconds: number;
  cpuSeconds: number;
  /** The largest that was seen. */
  rssMegabytes: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SENT_FROM = Date.parse('2026-11-02T01:00:00Z');
const SPAN = { from: SENT_FROM - HOUR_MS, to: SENT_FROM + 7 * DAY_MS };
const PER_FILE = 50_000;
/** Of the functions that have the engine. */
const ENGINE_MB = 1_800;

const scope = { kind: 'campaign', id: CAMPAIGN };
const clocks = [{ since: SPAN.from, offsetMs: 8 * HOUR_MS }];
const report = (kind: string, name: string, more = {}): FactQuery => {
  const text = ['tag', 'segment', 'trait'].includes(kind) ? `${kind}:${name}` : name;
  return { query: 'report', scope, ...SPAN, clocks, by: [{ kind, name, text }], ...more };
};
const QUESTIONS: Record<string, FactQuery> = {
  'recipients by variant': report('message', 'variant', { only: 'recipients' }),
  'report by variant': report('message', 'variant'),
  'report by tag': report('tag', TAG),
  'report by segment': report('segment', 'high'),
  'report by trait': report('trait', 'city'),
  hours: { query: 'hours', scope, ...SPAN },
  'customers, 100': { query: 'customers', ...SPAN, currency: 'CNY', limit: 100 },
  'attribution, decay over opens': {
    query: 'attribution',
    ...SPAN,
    model: 'decay',
    by: 'channel',
    touch: 'opened',
    windowMs: 30 * DAY_MS,
    currency: 'CNY',
  },
  'funnel of a journey': { query: 'funnel', journey: 'wake', version: 1, ...SPAN },
};

/** Asks a lake of so many facts in this folder: first the compaction, as it is in the night, then each question at its second time. */
export async function speedOfQuestions(folder: string, facts: number): Promise<QuestionSpeed[]> {
  const lake = lakeIn(join(folder, 'lake'));
  await writeParts(join(folder, 'lake'), facts);
  const engine = duckdbEngine({ folder: join(folder, 'engine'), memoryMb: ENGINE_MB });
  const clock = () => realNow() + DAY_MS;
  const compacting = { lake, engine, folder, clock, log: { info: () => {} } };
  const speeds = [await timed('compaction', () => compactLake(compacting))];
  for (const [name, question] of Object.entries(QUESTIONS)) {
    await answerOf({ lake, engine }, question);
    speeds.push(await timed(name, () => answerOf({ lake, engine }, question)));
  }
  return speeds;
}

async function timed(question: string, work: () => Promise<unknown>): Promise<QuestionSpeed> {
  const memory = followMemory();
  const cpu = process.cpuUsage();
  const began = realNow();
  await work();
  const seconds = (realNow() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { question, seconds, cpuSeconds: (user + system) / 1e6, rssMegabytes: memory.stop() };
}

/** Batches as `record-metrics` writes them. */
async function writeParts(folder: string, facts: number): Promise<void> {
  let [written, index] = [0, 0];
  for (let file = 0; written < facts; file += 1) {
    const rows: FactRow[] = [];
    for (; rows.length < PER_FILE && written + rows.length < facts; index += 1)
      rows.push(...factRowsOf({ id: `q-${index}`, metricEvents: factsOfMessage(index, SENT_FROM) }));
    written += rows.length;
    for (const [day, its] of Map.groupBy(rows, factDayOf)) {
      const path = join(folder, partKey(day, String(file)));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, parquetOf(its));
    }
  }
}

/** Files that are here already, as they are in a warm function. */
function lakeIn(folder: string): Lake {
  const pathOf = (key: string): string => join(folder, key);
  const at: EpochMs = 0;
  return {
    async list({ from, to }) {
      const keys = (await readdir(folder, { recursive: true })).filter((key) => key.endsWith('.parquet')).toSorted();
      const asked = keys.filter((key) => {
        const day = dayOfFile(key) ?? '';
        return day >= from && (to === undefined || day <= to);
      });
      return Promise.all(asked.map(async (key) => ({ key, bytes: (await stat(pathOf(key))).size, at })));
    },
    fetch: async ({ key }) => pathOf(key),
    put: (key, path) => copyFile(path, pathOf(key)),
    async delete(keys) {
      await Promise.all(keys.map((key) => rm(pathOf(key))));
    },
  };
}
