import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { duckdbEngine } from '../../../adapters/duckdb/engine.ts';
import { parquetOf } from '../../../adapters/s3/parquet.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { factRowsOf } from '../../../core/results/fact-row.ts';
import type { FactEngine } from '../../../engine/results/ports.ts';

const AT = Date.parse('2026-11-02T01:00:00Z');
let folder: string;
let engine: FactEngine;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recent-'));
  engine = duckdbEngine({ folder: join(folder, 'engine'), memoryMb: 300 });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A file of two facts, the second of which is also the first of the next file. */
function file(n: number): string {
  const fact = (id: number): MetricEvent => ({
    id: String(id).padStart(3, '0'),
    at: AT,
    of: 'message',
    metric: 'sent',
    dimensions: {},
    audience: { tags: [`tag-${id}`], segments: [], traits: {} },
  });
  const path = join(folder, `it's ${n}.parquet`);
  writeFileSync(path, parquetOf(factRowsOf({ id: 'q', metricEvents: [fact(n), fact(n + 1)] })));
  return path;
}
const files = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => file(from + index));
async function ids(doubtful: string[], compacted: string[] = []): Promise<number[]> {
  const rows = await engine.open({ doubtful, compacted }, (facts) =>
    facts.rows({ sql: 'SELECT id, tags[1] AS tag FROM facts ORDER BY id', parameters: [] }),
  );
  const found = rows as { id: string; tag: string }[];
  expect(found.map(({ tag }) => tag)).toEqual(found.map(({ id }) => `tag-${Number(id)}`));
  return found.map(({ id }) => Number(id));
}
const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index);

it('small files are read once, and a question sees those that it names: what came, and not what has gone', async () => {
  const first = files(12);
  expect(await ids(first)).toEqual(upTo(13));
  // The engine no longer looks at them.
  for (const path of first) rmSync(path);
  for (const path of first) writeFileSync(path, 'x');
  expect(await ids([...first, ...files(2, 20)])).toEqual([...upTo(13), 20, 21, 22]);
  expect(await ids(first.slice(0, 9))).toEqual(upTo(10));
});

it('questions at once, about files that come and go, have each fact once', async () => {
  const all = files(60);
  const spans = upTo(24).map((n) => ({ from: (n * 7) % 40, count: 1 + ((n * 5) % 20) }));
  const found = await Promise.all(spans.map(({ from, count }) => ids(all.slice(from, from + count), [file(90)])));
  expect(found).toEqual(spans.map(({ from, count }) => [...upTo(count + 1, from), 90, 91]));
});
