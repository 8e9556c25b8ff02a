import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { duckdbEngine } from '../../adapters/duckdb/engine.ts';
import { s3Lake } from '../../adapters/s3/lake.ts';
import type { FactEngine } from '../../engine/results/ports.ts';
import type { LakeDeps } from '../../engine/results/with-facts.ts';
import { s3 } from '../aws.ts';

/** Part of the function's own disk for files of the lake; DuckDB moves to the rest what does not fit in memory. */
const MAX_KEPT_BYTES = 2_000_000_000;
/** Part of the function's memory for DuckDB; the rest is Node's. */
const ENGINE_MB = 1_800;

/** An export streams, and moves to the disk what it sorts. With more threads each holds buffers of its own: `npm run bench exports`. */
const EXPORT_MB = 150;

/** Writes files of any size. */
export const exporterIn = (folder: string): FactEngine => duckdbEngine({ folder, memoryMb: EXPORT_MB, threads: 1 });

/** The data lake, and the engine that reads it; `exporter` writes files of any size. */
export function lakeOf(env: {
  OBJECTS_BUCKET: string;
  FACTS_FOLDER: string;
}): LakeDeps & { folder: string; exporter: FactEngine } {
  const folder = env.FACTS_FOLDER;
  mkdirSync(folder, { recursive: true });
  return {
    folder,
    lake: s3Lake(s3(), {
      bucket: env.OBJECTS_BUCKET,
      folder: join(folder, 'files'),
      maxBytes: MAX_KEPT_BYTES,
    }),
    engine: duckdbEngine({ folder: join(folder, 'engine'), memoryMb: ENGINE_MB }),
    exporter: exporterIn(join(folder, 'exporter')),
  };
}
