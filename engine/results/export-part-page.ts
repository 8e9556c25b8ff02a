import * as z from 'zod';
import { ALL_PROFILES } from '../../core/jobs/all-profiles.ts';
import { isOfCustomers } from '../../core/jobs/export-spec.ts';
import type { Job, JobSpecOf } from '../../core/jobs/job.ts';
import { lazySchema } from '../../core/lazy-schema.ts';
import { wellFormedJson } from '../../core/well-formed-json.ts';
import type { Cursor } from '../ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import { type CustomerDeps, READERS, type ReadLines, type Visit, type Visited } from './customer-lines.ts';
import { eventLines } from './event-lines.ts';
import type { ExportParts } from './ports.ts';
import { profileLines } from './profile-lines.ts';

export interface PartDeps extends CustomerDeps {
  profiles: CustomerDeps['profiles'] & Pick<ProfileStore, 'members'>;
  parts: Pick<ExportParts, 'put'>;
}

const READ: Record<'profiles' | 'events', ReadLines> = { profiles: profileLines, events: eventLines };

/** Keys that are read from the index at a time: they are in the shard's cursor. */
const MEMBERS = 200;
/** A part is full with so many bytes of lines, or after so many reads of `READERS` profiles; it has `MAX_BYTES` at most, unless one profile's lines alone have more. */
const FULL_BYTES = 2 * 1024 * 1024;
const MAX_BYTES = 6 * 1024 * 1024;
const MAX_READS = 60;
/** A customer is left out who could not be read so often; between two tries are so many seconds at least. */
const MAX_FAILURES = 4;
const FAILED_REST = 10;

const CursorSchema = z.record(z.string(), z.unknown());
const VisitSchema = z.object({
  key: z.string(),
  after: CursorSchema.optional(),
  into: z.string().optional(),
  isLast: z.literal(true).optional(),
  failures: z.number().optional(),
});
/** `visits`: profiles that were listed and not read, or not to their end; `members`: where the list goes on, absent at its end. */
const PlaceSchema = lazySchema(() =>
  z.object({ page: z.number(), visits: z.array(VisitSchema), members: CursorSchema.optional() }),
);

interface Place {
  visits: Visit[];
  /** Null: from the beginning. */
  members: Cursor | null | undefined;
}
interface Gathered {
  lines: string[];
  bytes: number;
  failed: Visit[];
  isFull: boolean;
}

/** Reads one page of one shard of the customers, and writes it as a part. A repeat goes on from the part that was written first. */
export async function partPage(
  deps: PartDeps,
  job: Pick<Job, 'id' | 'members'> & { work: JobSpecOf<'export'> },
  { shard, cursor }: { shard: number; cursor?: Cursor | undefined },
): Promise<{ done: number; next?: Cursor | undefined; rest?: number }> {
  const { page, ...from } = cursor === undefined ? { page: 0, visits: [], members: null } : PlaceSchema.parse(cursor);
  const place: Place = { members: undefined, ...from };
  const gathered: Gathered = { lines: [], bytes: 0, failed: [], isFull: false };
  for (let reads = 0; reads < MAX_READS && !gathered.isFull; reads += 1) {
    if (place.visits.length === 0) await list(deps, job, shard, place);
    if (place.visits.length === 0 && place.members === undefined) break;
    await gather(deps, job, place, gathered);
  }
  const visits = [...place.visits, ...gathered.failed];
  const isOver = visits.length === 0 && place.members === undefined;
  const next = { page: page + 1, visits, ...(place.members ? { members: place.members } : {}) };
  const { lines, next: going } =
    isOver && gathered.lines.length === 0
      ? { lines: 0, next: undefined }
      : await deps.parts.put(job.id, { shard, page }, { lines: gathered.lines, ...(isOver ? {} : { next }) });
  return { done: lines, next: going, ...(gathered.failed.length > 0 ? { rest: FAILED_REST } : {}) };
}

async function list(
  { profiles }: PartDeps,
  { members = ALL_PROFILES }: Pick<Job, 'members'>,
  shard: number,
  place: Place,
): Promise<void> {
  if (place.members === undefined) return;
  const page = { limit: MEMBERS, ...(place.members === null ? {} : { cursor: place.members }) };
  const read = await profiles.members(members, shard, page);
  place.visits = read.profiles.map((key) => ({ key }));
  place.members = read.next;
}

/** Reads the next profiles. Those whose lines do not fit come first in the next part. */
async function gather(
  deps: PartDeps,
  { id, work }: { id: string; work: JobSpecOf<'export'> },
  place: Place,
  gathered: Gathered,
): Promise<void> {
  const visits = place.visits.slice(0, READERS);
  if (!isOfCustomers(work.of)) throw new Error(`${work.of} are not read from customers`);
  const read = await READ[work.of](deps, work, visits);
  const isStoreDown =
    visits.length > 1 && visits.every(({ failures }, index) => failures === undefined && read[index] === undefined);
  if (isStoreDown) throw new Error('no customer could be read');
  const following: Visit[] = [];
  for (const [index, visit] of visits.entries()) {
    const visited = read[index];
    if (visited === undefined) {
      const failures = (visit.failures ?? 0) + 1;
      if (failures < MAX_FAILURES) gathered.failed.push({ ...visit, failures });
      continue;
    }
    const lines = linesOf(deps, { job: id, visit }, visited);
    const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    const isFitting = gathered.bytes === 0 || gathered.bytes + bytes <= MAX_BYTES;
    if (isFitting) for (const line of lines) gathered.lines.push(line);
    if (isFitting) gathered.bytes += bytes;
    if (!isFitting || gathered.bytes >= FULL_BYTES) gathered.isFull = true;
    following.push(...(isFitting ? (visited.more ?? []) : [visit]));
  }
  place.visits = [...following, ...place.visits.slice(visits.length)];
}

/** A line that cannot be made, or is longer than a part, is left out and said in the log. */
function linesOf({ log }: PartDeps, { job, visit }: { job: string; visit: Visit }, { lines }: Visited): string[] {
  return lines.flatMap((make) => {
    try {
      const line = make();
      if (line === undefined) return [];
      const text = wellFormedJson(line);
      if (Buffer.byteLength(text) > MAX_BYTES) throw new Error('its line is too long');
      return [text];
    } catch (error) {
      log.error('a line of an export is left out', { job, profile: visit.key, error });
      return [];
    }
  });
}
