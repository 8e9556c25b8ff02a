import type { Version } from '../../core/catalog/definitions.ts';
import type { Head } from '../../core/definitions/definition.ts';
import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { DAY_MS } from '../../core/time/units.ts';
import type { DefinitionStore } from './ports.ts';

type Versions = (Version<'journeys'> & { n: number })[];
interface Known {
  id: string;
  head: Head;
  versions: Versions;
}

/** A version keeps its state machines for this long after another took its place. */
export const MACHINES_KEPT_MS = 90 * DAY_MS;
/** Pins of a removed version hold for this long: longer than a message that starts a nested journey lies on a queue. */
const PINS_KEPT_MS = 30 * DAY_MS;

const JOURNEYS = 100;
const VERSIONS = 100;
/** If there are more, deleted ones too, no version is removed: not all pins would be known. */
const MAX_JOURNEYS = 10_000;
const MAX_VERSIONS = 10_000;
const CONCURRENCY = 8;

/**
 * Versions of journeys whose state machines are still there and start no run any more: superseded, archived or deleted 90 days ago, and pinned by no
 * version that may still start one. Whether a run is still on one of them is not looked at. Undefined: there are too many journeys to know.
 * `withoutMachines`: deleted journeys none of whose versions has machines.
 */
export async function supersededVersions(
  definitions: Pick<DefinitionStore, 'list' | 'listDeleted' | 'versions'>,
  now: EpochMs,
): Promise<
  { superseded: { id: string; versions: number[] }[]; withoutMachines: { id: string; rev: number }[] } | undefined
> {
  const journeys = await everyJourney(definitions);
  if (journeys === undefined) return undefined;
  const pinned = new Set(journeys.flatMap((journey) => pinnedBy(journey, now)));
  const superseded = journeys.flatMap(({ id, ...journey }) => {
    const versions = supersededOf(journey, now).filter((n) => !pinned.has(nameOf(id, n)));
    return versions.length === 0 ? [] : [{ id, versions }];
  });
  const withoutMachines = journeys.filter(
    ({ head, versions }) => head.deleted && versions.every(({ removedAt }) => removedAt),
  );
  return { superseded, withoutMachines: withoutMachines.map(({ id, head: { rev } }) => ({ id, rev })) };
}

const nameOf = (journey: string, n: number): string => `${journey} ${n}`;

async function everyJourney(
  definitions: Pick<DefinitionStore, 'list' | 'listDeleted' | 'versions'>,
): Promise<Known[] | undefined> {
  const there = await everyHead((page) => definitions.list('journeys', page));
  const deleted = await everyHead((page) => definitions.listDeleted(page));
  if (there === undefined || deleted === undefined) return undefined;
  // One that was deleted, or written again, between the two lists is in both.
  const heads = [...new Map([...there, ...deleted].map((one) => [one.id, one])).values()];
  const found = await mapWithConcurrency(CONCURRENCY, heads, async ({ id, head }) => {
    const versions = await everyVersion(definitions, id);
    return versions && { id, head, versions };
  });
  const known = found.filter((one) => one !== undefined);
  return known.length === found.length ? known : undefined;
}

async function everyHead(
  list: (page: { limit: number; after?: string }) => ReturnType<DefinitionStore['listDeleted']>,
): Promise<Omit<Known, 'versions'>[] | undefined> {
  const heads: Omit<Known, 'versions'>[] = [];
  let after: string | undefined;
  do {
    const page = await list({ limit: JOURNEYS, ...(after === undefined ? {} : { after }) });
    heads.push(...page.items);
    after = page.next;
  } while (after !== undefined && heads.length < MAX_JOURNEYS);
  return after === undefined ? heads : undefined;
}

/** Newest first. */
async function everyVersion(
  { versions: read }: Pick<DefinitionStore, 'versions'>,
  id: string,
): Promise<Versions | undefined> {
  const versions: Versions = [];
  let before: number | undefined;
  do {
    const page = await read('journeys', id, { limit: VERSIONS, ...(before === undefined ? {} : { before }) });
    // A page ends early where it has 1 MB.
    before = page.at(-1)?.n;
    versions.push(...page);
    // Numbers begin at 1.
    if (before === undefined || before === 1) return versions;
  } while (versions.length < MAX_VERSIONS);
  return undefined;
}

/** Pins of its versions to other journeys, and of what is submitted. */
function pinnedBy({ head, versions }: Known, now: EpochMs): string[] {
  const may = versions.filter(({ removedAt = now }) => removedAt > now - PINS_KEPT_MS);
  return [head, ...may].flatMap(({ pins }) => Object.entries(pins?.journeys ?? {}).map(([id, n]) => nameOf(id, n)));
}

function supersededOf({ head, versions }: Omit<Known, 'id'>, now: EpochMs): number[] {
  const { latest, published, status, archivedUpTo = 0, archivedAt = now, deleted, removeMachinesAfter = now } = head;
  if (deleted)
    return removeMachinesAfter <= now ? versions.flatMap(({ n, removedAt }) => (removedAt === undefined ? n : [])) : [];
  return versions.flatMap(({ n, at, publishedAt, removedAt }) => {
    const isArchived = n <= archivedUpTo && archivedAt <= now - MACHINES_KEPT_MS;
    if (n === published || removedAt !== undefined || (n === latest && status !== 'archived')) return [];
    // A draft was tested, if ever, before the next version was written.
    const since = publishedAt === undefined ? Math.max(at, ...writtenAfter(versions, n)) : replacedAt(versions, n, now);
    return isArchived || since <= now - MACHINES_KEPT_MS ? [n] : [];
  });
}

/** When a later version was published first. */
const replacedAt = (versions: Versions, n: number, now: EpochMs): EpochMs =>
  Math.min(now, ...versions.flatMap((later) => (later.n > n ? (later.publishedAt ?? []) : [])));

/** When the next version was written. */
const writtenAfter = (versions: Versions, n: number): EpochMs[] => {
  const later = versions.filter((one) => one.n > n);
  return later.slice(-1).map(({ at }) => at);
};
