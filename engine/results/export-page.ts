import * as z from 'zod';
import type { EpochMs } from '../../core/ids.ts';
import { exportKey } from '../../core/jobs/export-spec.ts';
import type { Job, JobSpecOf } from '../../core/jobs/job.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import type { ExportQuestion } from '../../core/results/sql/exports.ts';
import { DomainError } from '../errors.ts';
import type { Clock, Cursor, Log } from '../ports.ts';
import type { Exports, FactQueries } from './ports.ts';

export interface ExportingDeps {
  facts: FactQueries;
  exports: Pick<Exports, 'rowsOf'>;
  clock: Clock;
  log: Pick<Log, 'error'>;
}

interface Page {
  done: number;
  next?: Cursor;
  rest?: number;
  failed?: string;
}

const MAX_FAILURES = 3;
/** Seconds before the next question, and the next look whether the file is there. */
const REST = 10;
/** Longer than the function with the data lake may run: whoever has not written the file by then will not. */
const PATIENCE_MS = 16 * 60_000;

/** `askedAt`: the function has been asked and runs on. `looks` makes each cursor another. */
const PlaceSchema = lazySchema(() =>
  z.object({ failures: z.number().default(0), askedAt: z.number().optional(), looks: z.number().default(0) }),
);

/** Has the export written. If that takes longer than one page may wait for, the next pages look whether the file is there. */
export async function exportPage(
  deps: ExportingDeps,
  job: Pick<Job, 'id'> & { work: JobSpecOf<'export'> },
  cursor: Cursor | undefined,
): Promise<Page> {
  const { failures, askedAt, looks } = PlaceSchema.parse(cursor ?? {});
  if (askedAt !== undefined) return look(deps, job, { failures, askedAt, looks });
  try {
    const { kind: _kind, ...spec } = job.work;
    const question: ExportQuestion = { ...spec, query: 'export', id: job.id };
    const [written] = await deps.facts.ask<{ rows: number }>({ ...question });
    return { done: written?.rows ?? 0 };
  } catch (error) {
    if (error instanceof DomainError && error.fault.code === 'unavailable')
      return { done: 0, next: { failures, askedAt: deps.clock(), looks }, rest: REST };
    deps.log.error('an export has failed', { job: job.id, failures: failures + 1, error });
    if (failures + 1 >= MAX_FAILURES) return { done: 0, failed: 'The data lake could not be read.' };
    return { done: 0, next: { failures: failures + 1 }, rest: REST };
  }
}

async function look(
  { exports, clock }: ExportingDeps,
  { id, work }: { id: string; work: JobSpecOf<'export'> },
  { askedAt, looks, failures }: { askedAt: EpochMs; looks: number; failures: number },
): Promise<Page> {
  const rows = await exports.rowsOf(exportKey({ id, format: work.format }));
  if (rows !== undefined) return { done: rows };
  if (clock() - askedAt > PATIENCE_MS)
    return { done: 0, failed: 'The export was not written within 15 minutes. Ask for fewer days.' };
  return { done: 0, next: { failures, askedAt, looks: looks + 1 }, rest: REST };
}
