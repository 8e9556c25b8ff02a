import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { duckdbEngine } from '../../../adapters/duckdb/engine.ts';
import { parquetOf } from '../../../adapters/s3/parquet.ts';
import type { MetricEventsMessage } from '../../../core/metrics/metric-event.ts';
import { dayOfFile, partKey } from '../../../core/results/fact-files.ts';
import { factDayOf, factRowsOf } from '../../../core/results/fact-row.ts';
import type { FactFiles, Lake } from '../../../engine/results/ports.ts';

/** Thrown in place of a call: the process has died before it. */
export class Died extends Error {}

/** The lake in a folder. `before` is asked before each call, and may throw. */
export function lakeFolder(before: (call: string, key: string) => void | Promise<void> = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), 'lake-'));
  const pathOf = (key: string) => join(folder, key);
  const keys = (): string[] =>
    (readdirSync(folder, { recursive: true }) as string[]).filter((one) => one.endsWith('.parquet')).toSorted();
  const lake: Lake = {
    async list({ from, to }) {
      await before('list', '');
      return keys()
        .filter((key) => {
          const day = dayOfFile(key) ?? '';
          return day >= from && (to === undefined || day <= to);
        })
        .map((key) => ({ key, bytes: statSync(pathOf(key)).size, at: statSync(pathOf(key)).mtimeMs }));
    },
    async fetch({ key }) {
      await before('fetch', key);
      if (!existsSync(pathOf(key))) return undefined;
      const copy = join(mkdtempSync(join(folder, 'copy-')), 'facts.copy');
      copyFileSync(pathOf(key), copy);
      return copy;
    },
    async put(key, path) {
      await before('put', key);
      mkdirSync(dirname(pathOf(key)), { recursive: true });
      copyFileSync(path, pathOf(key));
    },
    async delete(deleted) {
      for (const key of deleted) {
        await before('delete', key);
        rmSync(pathOf(key), { force: true });
      }
    },
  };
  const files: FactFiles = {
    async write(name, rows) {
      for (const [day, its] of Map.groupBy(rows, factDayOf)) {
        mkdirSync(dirname(pathOf(partKey(day, name))), { recursive: true });
        writeFileSync(pathOf(partKey(day, name)), parquetOf(its));
      }
    },
  };
  return {
    lake,
    files,
    engine: duckdbEngine({ folder: join(folder, 'engine'), memoryMb: 500 }),
    keys,
    write: (name: string, ...messages: MetricEventsMessage[]) => files.write(name, messages.flatMap(factRowsOf)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
