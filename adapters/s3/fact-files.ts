import type { S3Client } from '@aws-sdk/client-s3';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { partKey } from '../../core/results/fact-files.ts';
import { type FactRow, factDayOf } from '../../core/results/fact-row.ts';
import type { FactFiles } from '../../engine/results/ports.ts';
import { objectStore } from './objects.ts';
import { parquetOf } from './parquet.ts';

/** Files at a time: an import has orders of thousands of days, and a call that waits for a connection is given up after seconds. */
const CONCURRENCY = 16;

/** The data lake: `facts/dt=<day>/part-<name>.parquet`. */
export function factFiles(client: S3Client, bucket: string): FactFiles {
  const objects = objectStore(client, bucket);
  return {
    async write(name: string, rows: readonly FactRow[]): Promise<void> {
      const days = [...Map.groupBy(rows, factDayOf)];
      await mapWithConcurrency(CONCURRENCY, days, ([day, its]) => objects.put(partKey(day, name), parquetOf(its)));
    },
  };
}
