import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportKey, isOfCustomers } from '../../core/jobs/export-spec.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { customersStatement } from '../../core/results/sql/customers-export.ts';
import { type ExportQuestion, exportDays, exportStatement } from '../../core/results/sql/exports.ts';
import { flowDays, flowStatement } from '../../core/results/sql/flow-export.ts';
import type { Days, SortedStatement } from '../../core/results/sql/question.ts';
import type { AudiencePages } from '../campaigns/ports.ts';
import { audienceLines } from './export-audiences.ts';
import type { ExportParts, Exports } from './ports.ts';
import { type LakeDeps, withFacts } from './with-facts.ts';

export interface ExportDeps extends LakeDeps {
  exports: Exports;
  parts: Omit<ExportParts, 'put'>;
  pages: Pick<AudiencePages, 'get' | 'getShared'>;
  /** On this machine. */
  folder: string;
}

/** Parts that are fetched at the same time. */
const CONCURRENCY = 16;

/**
 * Writes an export to an object, once for each export: a repeat, such as after a caller that waited no longer, finds it. Returns its key and how many rows it
 * has.
 */
export async function exportFacts(deps: ExportDeps, question: ExportQuestion): Promise<{ key: string; rows: number }> {
  const key = exportKey(question);
  const rows = (await deps.exports.rowsOf(key)) ?? (await write(deps, key, question));
  // What is left of them after a death expires within a day.
  if (isOfCustomers(question.of)) await deps.parts.delete(await deps.parts.list(question.id));
  return { key, rows };
}

async function write(deps: ExportDeps, key: string, question: ExportQuestion): Promise<number> {
  const folder = await mkdtemp(join(deps.folder, 'export-'));
  const path = join(folder, 'export');
  try {
    const { days, statement } = await prepared(deps, folder, question);
    const rows = await withFacts(deps, days, (facts) => facts.copy(statement, { path, format: question.format }));
    await deps.exports.put(key, path, rows);
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fetches into the folder what is not in the lake. */
async function prepared(
  deps: ExportDeps,
  folder: string,
  question: ExportQuestion,
): Promise<{ days: Days; statement: SortedStatement }> {
  const { of, since = 0 } = question;
  if (isOfCustomers(of)) {
    const paths = await fetchParts(deps, folder, question);
    // Which were merged since the job began.
    return { days: exportDays({ from: since }), statement: customersStatement(of, question, paths) };
  }
  if (of !== 'flow') return { days: exportDays(question), statement: exportStatement(question, of) };
  const audience = await writeAudiences(deps, folder, question);
  return { days: flowDays(question), statement: flowStatement(question, audience) };
}

/** @throws Error if parts are missing, as after the day in which they expire: there is no file rather than half of one */
async function fetchParts(
  { parts }: Pick<ExportDeps, 'parts'>,
  folder: string,
  { id, lines = 0 }: Pick<ExportQuestion, 'id' | 'lines'>,
): Promise<string[]> {
  const fetched = await mapWithConcurrency(CONCURRENCY, [...(await parts.list(id)).entries()], async ([index, key]) => {
    const path = join(folder, `${index}.jsonl.gz`);
    return { path, lines: await parts.fetch(key, path) };
  });
  const found = fetched.reduce((sum, part) => sum + part.lines, 0);
  if (found < lines) throw new Error(`the parts of ${id} have ${found} lines of ${lines}`);
  return fetched.map(({ path }) => path);
}

async function writeAudiences(
  { pages }: Pick<ExportDeps, 'pages'>,
  folder: string,
  { scope, sendings = [] }: ExportQuestion,
): Promise<string | undefined> {
  if (scope === undefined || sendings.length === 0) return undefined;
  const path = join(folder, 'audiences.jsonl');
  await pipeline(Readable.from(audienceLines(pages, scope.id, sendings)), createWriteStream(path));
  return path;
}
