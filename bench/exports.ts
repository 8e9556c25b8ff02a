import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parquetOf } from '../adapters/s3/parquet.ts';
import { hashId } from '../core/ids.ts';
import type { MetricEvent } from '../core/metrics/metric-event.ts';
import { dayOfFile, FACTS_PREFIX, partKey } from '../core/results/fact-files.ts';
import { factDayOf, factRowsOf } from '../core/results/fact-row.ts';
import type { ExportQuestion } from '../core/results/sql/exports.ts';
import { exportFacts } from '../engine/results/export-facts.ts';
import type { Exports, Lake } from '../engine/results/ports.ts';
import { exporterIn } from '../runtime/wiring/lake.ts';

const FIRST = Date.parse('2026-11-02T01:00:00Z');
const DAY_MS = 24 * 3_600_000;
const DAYS = 5;
/** Facts of one batch of `record-metrics`. */
const BATCH = 10_000;
const STEPS = ['entered', 'sent', 'delivered', 'opened', 'clicked', 'converted'];
const RUN = process.argv.indexOf('--one-export');

const NO_PARTS = { list: async () => [], fetch: async () => 0, delete: async () => {} };
const NO_PAGES = { get: async () => undefined, getShared: async () => ({ duplicates: [], without: {} }) };

/** Use of one export, in a process of its own. */
interface ExportUse {
  rows: number;
  seconds: number;
  /** The most, above the process before its first question. */
  megabytes: number;
  fileMegabytes: number;
}

const ASKED = ['messages csv', 'messages jsonl', 'messages parquet', 'flow csv', 'flow jsonl', 'flow parquet'];

/** Exports of so many facts of one journey, whose customers have a run, a message, and what came of it; nothing is compacted. */
export async function exportsOfFacts(count = 200_000): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-exports-'));
  try {
    writeFacts(folder, count);
    console.log(
      `\n### Exports of ${count} facts\n\n| export | rows | s | MB of memory | MB of the file |\n|---|--:|--:|--:|--:|`,
    );
    for (const asked of ASKED) {
      const { rows, seconds, megabytes, fileMegabytes } = measured(folder, asked);
      console.log(
        `| ${asked} | ${rows} | ${seconds.toFixed(1)} | ${megabytes.toFixed(0)} | ${fileMegabytes.toFixed(0)} |`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measured(folder: string, asked: string): ExportUse {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [import.meta.filename, '--one-export', folder, ...asked.split(' ')],
    {
      encoding: 'utf8',
    },
  );
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(`${asked}: ${stderr}`);
  return JSON.parse(line) as ExportUse; // as `runOne` prints it
}

/** As `record-metrics` writes them: files of whole batches, not compacted, in which each fact could be there twice. */
function writeFacts(folder: string, count: number): void {
  for (let first = 0; first < count; first += BATCH) {
    const metricEvents = Array.from({ length: Math.min(BATCH, count - first) }, (_, n) => factOf(first + n, count));
    for (const [day, rows] of Map.groupBy(factRowsOf({ id: `${first}`, metricEvents }), factDayOf)) {
      const path = join(folder, partKey(day, hashId(first, day)));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, parquetOf(rows));
    }
  }
}

function factOf(n: number, count: number): MetricEvent {
  // Customers are spread over the files: one's facts are never together.
  const people = Math.ceil(count / STEPS.length);
  const step = STEPS[Math.floor(n / people)] ?? 'sent';
  const person = (n * 7919) % people;
  const at = FIRST + Math.floor((n / count) * DAYS * DAY_MS);
  const isRun = step === 'entered';
  const knows = step === 'sent';
  return {
    id: hashId('fact', n),
    at,
    ...(isRun ? {} : { sentAt: at - 3_600_000 }),
    of: isRun ? 'run' : 'message',
    metric: step,
    dimensions: { channel: 'sms', template: 'welcome', journey: 'offer', node: 'letter', version: 3 },
    profile: hashId('profile', person),
    message: hashId('message', person),
    run: hashId('run', person),
    ...(knows
      ? {
          localHour: person % 168,
          cost: 45_000,
          audience: {
            tags: ['frequent-buyer', `tag-${person % 40}`, 'newsletter'],
            segments: [`segment-${person % 12}`],
            traits: { city: `city-${person % 300}`, level: 'gold' },
          },
        }
      : {}),
  };
}

/** The lake in a folder, read where it lies. */
function lakeIn(folder: string): Lake {
  const keys = (readdirSync(join(folder, FACTS_PREFIX), { recursive: true }) as string[]).map(
    (one) => FACTS_PREFIX + one,
  );
  return {
    list: async ({ from, to }) =>
      keys
        .filter((key) => key.endsWith('.parquet'))
        .filter((key) => (dayOfFile(key) ?? '') >= from && (to === undefined || (dayOfFile(key) ?? '') <= to))
        .map((key) => ({ key, bytes: statSync(join(folder, key)).size, at: 0 })),
    fetch: async ({ key }) => join(folder, key),
    put: async () => {},
    delete: async () => {},
  };
}

async function runOne(folder: string, of: string, format: string): Promise<void> {
  let bytes = 0;
  const exports: Exports = {
    rowsOf: async () => undefined,
    put: async (_key, path) => {
      bytes = statSync(path).size;
    },
  };
  const engine = exporterIn(join(folder, 'engine'));
  const question = {
    query: 'export',
    id: 'bench',
    of,
    format,
    scope: { kind: 'journey', id: 'offer' },
    from: FIRST - DAY_MS,
    to: FIRST + 30 * DAY_MS,
  } as ExportQuestion;
  const idle = process.memoryUsage.rss();
  const began = performance.now();
  const { rows } = await exportFacts(
    { lake: lakeIn(folder), engine, exports, folder, parts: NO_PARTS, pages: NO_PAGES },
    question,
  );
  const use: ExportUse = {
    rows,
    seconds: (performance.now() - began) / 1000,
    megabytes: (process.resourceUsage().maxRSS * 1024 - idle) / 1024 / 1024,
    fileMegabytes: bytes / 1024 / 1024,
  };
  console.log(JSON.stringify(use));
}

if (RUN > 0) await runOne(process.argv[RUN + 1] ?? '', process.argv[RUN + 2] ?? '', process.argv[RUN + 3] ?? '');
