import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exportKey } from '../../core/jobs/export-spec.ts';
import { type ExportQuestion, exportStatement } from '../../core/results/sql/exports.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import type { Exports } from './ports.ts';
import { type LakeDeps, withFacts } from './with-facts.ts';

export interface ExportDeps extends LakeDeps {
  exports: Exports;
  /** On this machine. */
  folder: string;
}

/**
 * Writes facts to an object, once for each export: a repeat, such as after a caller that waited no longer, finds it. Returns its key and how many rows it has.
 */
export async function exportFacts(deps: ExportDeps, question: ExportQuestion): Promise<{ key: string; rows: number }> {
  const key = exportKey(question);
  const known = await deps.exports.rowsOf(key);
  if (known !== undefined) return { key, rows: known };
  const path = join(deps.folder, `export-${question.id}-${process.pid}.${question.format}`);
  try {
    const rows = await withFacts(deps, { from: utcDay(question.from) }, (facts) =>
      facts.copy(exportStatement(question), { path, format: question.format }),
    );
    await deps.exports.put(key, path, rows);
    return { key, rows };
  } finally {
    await rm(path, { force: true });
  }
}
