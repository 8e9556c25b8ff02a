import * as z from 'zod';
import type { EpochMs } from '../../core/ids.ts';
import { exportKey, isOfCustomers } from '../../core/jobs/export-spec.ts';
import type { Job, JobSpecOf } from '../../core/jobs/job.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import type { ExportedSending, ExportQuestion } from '../../core/results/sql/exports.ts';
import type { OccurrenceStore } from '../campaigns/ports.ts';
import { DomainError } from '../errors.ts';
import type { JobStore } from '../jobs/ports.ts';
import type { Cursor } from '../ports.ts';
import { MEMBER_SHARDS } from '../profiles/ports.ts';
import { type PartDeps, partPage } from './export-part-page.ts';
import type { Exports, FactQueries } from './ports.ts';

export interface ExportingDeps extends PartDeps {
  facts: FactQueries;
  exports: Pick<Exports, 'rowsOf'>;
  jobs: Pick<JobStore, 'state'>;
  occurrences: Pick<OccurrenceStore, 'list'>;
}

type ExportJob = Pick<Job, 'id' | 'at' | 'members'> & { work: JobSpecOf<'export'> };
interface Page {
  done: number;
  next?: Cursor | undefined;
  rest?: number;
  failed?: string;
}

const MAX_FAILURES = 3;
/** Seconds before the next question, and the next look whether the file, or all parts, are there. */
const REST = 10;
/** Longer than the function with the data lake may run: whoever has not written the file by then will not. */
const PATIENCE_MS = 16 * 60_000;
/** Parts are deleted a day after they were written. */
const PARTS_MS = 20 * 3_600_000;
/** Sendings of a campaign whose audiences go into one file. */
const MAX_SENDINGS = 2_000;
const SENDINGS = 100;

/** `askedAt`: the function has been asked and runs on. `looks` makes each cursor another. */
const PlaceSchema = lazySchema(() =>
  z.object({ failures: z.number().default(0), askedAt: z.number().optional(), looks: z.number().default(0) }),
);

/** The shard of an export of customers that has the file written once all others have written their parts. */
export const FILE_SHARD = MEMBER_SHARDS;

/** One page of an export: a part of the customers, or the file. */
export function exportPage(
  deps: ExportingDeps,
  job: ExportJob,
  { shard, cursor }: { shard: number; cursor?: Cursor | undefined },
): Promise<Page> {
  const isPart = isOfCustomers(job.work.of) && shard !== FILE_SHARD;
  return isPart ? partPage(deps, job, { shard, cursor }) : filePage(deps, job, cursor);
}

/** Has the file written. If that takes longer than one page may wait for, the next pages look whether it is there. */
async function filePage(deps: ExportingDeps, job: ExportJob, cursor: Cursor | undefined): Promise<Page> {
  const place = PlaceSchema.parse(cursor ?? {});
  const lines = isOfCustomers(job.work.of) ? await linesOfParts(deps, job) : 0;
  if (lines === undefined) return awaitParts(deps, job, place);
  if (place.askedAt !== undefined) return look(deps, job, { ...place, askedAt: place.askedAt, lines });
  try {
    const question = await questionOf(deps, job, lines);
    if (typeof question === 'string') return { done: 0, failed: question };
    const [written] = await deps.facts.ask<{ rows: number }>({ ...question });
    return { done: (written?.rows ?? 0) - lines };
  } catch (error) {
    const { failures, looks } = place;
    if (error instanceof DomainError && error.fault.code === 'unavailable')
      return { done: 0, next: { failures, askedAt: deps.clock(), looks }, rest: REST };
    deps.log.error('an export has failed', { job: job.id, failures: failures + 1, error });
    if (failures + 1 >= MAX_FAILURES) return { done: 0, failed: 'The data lake could not be read.' };
    return { done: 0, next: { failures: failures + 1 }, rest: REST };
  }
}

/** How many lines all parts have, which the job has counted as done; undefined: not all are written. */
async function linesOfParts({ jobs }: Pick<ExportingDeps, 'jobs'>, { id }: ExportJob): Promise<number | undefined> {
  const state = await jobs.state(id);
  const isWritten = state?.shards.every(({ isFinished }, shard) => isFinished || shard === FILE_SHARD) === true;
  return isWritten ? state.job.done : undefined;
}

function awaitParts({ clock }: ExportingDeps, { at }: ExportJob, { looks }: { looks: number }): Page {
  if (clock() - at > PARTS_MS) return { done: 0, failed: 'The customers could not be read within 20 hours.' };
  return { done: 0, next: { looks: looks + 1 }, rest: Math.min(REST, looks + 1) };
}

/** Returns why it cannot be asked, if it cannot. */
async function questionOf(
  deps: ExportingDeps,
  { id, at, work }: ExportJob,
  lines: number,
): Promise<ExportQuestion | string> {
  const { kind: _kind, ...spec } = work;
  const question: ExportQuestion = { ...spec, query: 'export', id };
  if (isOfCustomers(spec.of)) return { ...question, since: at, lines };
  if (spec.of !== 'flow' || spec.scope?.kind !== 'campaign') return question;
  const sendings = await sendingsOf(deps, spec.scope.id, spec);
  if (sendings.length > MAX_SENDINGS) return `The campaign has more than ${MAX_SENDINGS} sendings. Ask for fewer days.`;
  return { ...question, sendings };
}

/** Those whose audience is frozen, newest first, as far as there may be too many. */
async function sendingsOf(
  { occurrences }: ExportingDeps,
  campaign: string,
  { from, to }: { from: EpochMs; to: EpochMs },
): Promise<ExportedSending[]> {
  const sendings: ExportedSending[] = [];
  let before: string | undefined;
  do {
    const { items, next } = await occurrences.list(campaign, { limit: SENDINGS, before });
    for (const { id, at, version, variants = [], pages } of items)
      if (pages !== undefined && at >= from && at < to)
        sendings.push({ id, at, version, variants: variants.map(({ name }) => name), pages });
    before = items.some(({ at }) => at >= from) ? next : undefined;
  } while (before !== undefined && sendings.length <= MAX_SENDINGS);
  return sendings;
}

async function look(
  { exports, clock }: ExportingDeps,
  { id, work }: ExportJob,
  { askedAt, looks, failures, lines }: { askedAt: EpochMs; looks: number; failures: number; lines: number },
): Promise<Page> {
  const rows = await exports.rowsOf(exportKey({ id, format: work.format }));
  if (rows !== undefined) return { done: rows - lines };
  if (clock() - askedAt > PATIENCE_MS)
    return { done: 0, failed: 'The export was not written within 16 minutes. Ask for fewer days.' };
  return { done: 0, next: { failures, askedAt, looks: looks + 1 }, rest: REST };
}
