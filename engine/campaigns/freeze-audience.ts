import { audienceGathering, type Person } from '../../core/campaigns/audience-groups.ts';
import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import { pilotThreshold, smallestRanks } from '../../core/campaigns/draws.ts';
import { dueInstants } from '../../core/campaigns/due-instants.ts';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import type { Campaign } from '../../core/campaigns/schema.ts';
import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock, Queue } from '../ports.ts';
import { MEMBER_SHARDS } from '../profiles/ports.ts';
import type { Wakes } from '../schedule/ports.ts';
import { definitionOf, isLive, wakeAt } from './begin-occurrence.ts';
import { pageName } from './collect-audience.ts';
import type { AudiencePages, OccurrenceRef, OccurrenceStore } from './ports.ts';
import { isOfFirstStage } from './recipient-request.ts';

export interface FreezeDeps {
  occurrences: Pick<OccurrenceStore, 'get' | 'change' | 'begin' | 'progress'>;
  pages: AudiencePages;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  wakes: Pick<Wakes, 'set' | 'done'>;
  queues: { campaigns: Pick<Queue, 'send'> };
  clock: Clock;
}

/** Once all pages are there: finds who shares an address with whom, counts, and begins to send. May be repeated: it finds the same. */
export async function freezeAudience(deps: FreezeDeps, of: OccurrenceRef): Promise<void> {
  const occurrence = await deps.occurrences.get(of);
  if (occurrence === undefined) return;
  // It may have been created after whoever archived its campaign had cancelled all there were.
  if (occurrence.status === 'collecting' && !(await isLive(deps, of.campaign))) return withdraw(deps, of);
  const frozen = occurrence.status === 'collecting' ? await counted(deps, of, occurrence) : occurrence;
  if (frozen.status !== 'running') return;
  // A repeat goes on where the first has come.
  if (occurrence.status === 'collecting') await beginSending(deps, frozen, 0);
  else await continueSending(deps, frozen);
}

async function withdraw({ occurrences, clock }: FreezeDeps, of: OccurrenceRef): Promise<void> {
  await occurrences.change(of, (there) =>
    there.status === 'collecting'
      ? { ...there, status: 'cancelled', reason: 'cancelled', endedAt: clock() }
      : undefined,
  );
}

async function counted(deps: FreezeDeps, of: OccurrenceRef, occurrence: Occurrence): Promise<Occurrence> {
  const campaign = await definitionOf(deps, occurrence.campaign, occurrence.version);
  const shards = Array.from({ length: MEMBER_SHARDS }, (_, shard) => shard);
  // Most of the time goes by waiting for pages.
  const read = await mapWithConcurrency(MEMBER_SHARDS, shards, (shard) => linesOf(deps, of, shard));
  const pages = read.map(({ length }) => length);
  const gathering = audienceGathering();
  for (const line of read.flat(2)) gathering.add(line);
  const found = gathering.gathered();
  await deps.pages.putShared(of, found.shared);
  const isEmpty = found.counts.recipients === 0;
  const now = deps.clock();
  const changed = await deps.occurrences.change(of, (there) =>
    there.status === 'collecting'
      ? {
          ...there,
          status: isEmpty ? 'done' : 'running',
          startedAt: now,
          ...(isEmpty ? { endedAt: now } : {}),
          pages,
          counts: found.counts,
          instants: instantsOf(found.recipients, occurrence.at),
          ...variantsOf(found.recipients, campaign, there),
          ...(campaign.pilot === undefined ? {} : pilotOf(found.recipients, campaign.pilot)),
        }
      : undefined,
  );
  return changed ?? occurrence;
}

/** The pages of a shard: they have numbers without a gap. */
async function linesOf({ pages }: FreezeDeps, of: OccurrenceRef, shard: number): Promise<AudienceLine[][]> {
  const all: AudienceLine[][] = [];
  for (;;) {
    const lines = await pages.get(of, pageName(shard, all.length));
    if (lines === undefined) return all;
    all.push(lines);
  }
}

const instantsOf = (recipients: readonly Person[], first: EpochMs): EpochMs[] =>
  [...new Set(recipients.map(({ at = first }) => at))].sort((a, b) => a - b);

/** Until a winner is found, only those of its sample have a variant. */
function variantsOf(
  recipients: readonly Person[],
  { variants, winner }: Campaign,
  occurrence: Occurrence,
): Pick<Occurrence, 'variants' | 'rest'> {
  if (variants === undefined) return {};
  const split =
    winner === undefined
      ? recipients
      : recipients.filter((line) => isOfFirstStage({ occurrence, campaign: { winner, variants } }, line));
  return {
    variants: variants.map(({ name }, index) => ({ name, recipients: split.filter(({ v }) => v === index).length })),
    ...(winner === undefined ? {} : { rest: recipients.length - split.length }),
  };
}

function pilotOf(recipients: readonly Person[], size: number): Pick<Occurrence, 'pilotUpTo' | 'pilot'> {
  const ranks = smallestRanks([recipients.map(({ r }) => r)], size);
  return { pilotUpTo: pilotThreshold(ranks, size), pilot: { size: Math.min(size, recipients.length) } };
}

/** Begins an epoch's way through the pages, at the time of the `instant`-th of the occurrence's instants. */
export async function beginSending(
  deps: Pick<FreezeDeps, 'occurrences' | 'wakes' | 'queues' | 'clock'>,
  occurrence: Occurrence,
  instant: number,
): Promise<void> {
  const { campaign, id, epoch, stage } = occurrence;
  const now = deps.clock();
  const { spent = 0 } = (await deps.occurrences.progress({ campaign, id })) ?? {};
  const place = { instant, page: 0, line: 0 };
  await deps.occurrences.begin({ campaign, id }, { stage, epoch, tick: 1, ...place, spent, at: now });
  const body = { tick: { campaign, id, epoch, tick: 1 } };
  await wakeAt(
    deps,
    tickName({ campaign, id }, epoch, 1),
    Math.max(now, dueInstants(occurrence)[instant]?.due ?? now),
    body,
  );
}

/** Goes on under a new epoch from where the one before it has come. */
export async function continueSending(
  deps: { occurrences: Pick<OccurrenceStore, 'begin' | 'progress'>; queues: FreezeDeps['queues']; clock: Clock },
  { campaign, id, epoch, stage }: Occurrence,
): Promise<void> {
  const before = await deps.occurrences.progress({ campaign, id });
  // Whoever changed the stage may not have begun it.
  const { instant, page, line } = before?.stage === stage ? before : { instant: 0, page: 0, line: 0 };
  const place = { instant, page, line, spent: before?.spent ?? 0 };
  await deps.occurrences.begin({ campaign, id }, { stage, epoch, tick: 1, ...place, at: deps.clock() });
  await deps.queues.campaigns.send([{ body: { tick: { campaign, id, epoch, tick: 1 } } }]);
}

export const tickName = ({ campaign, id }: OccurrenceRef, epoch: number, tick: number): string =>
  `${campaign}#${id}#${epoch}#${tick}`;
