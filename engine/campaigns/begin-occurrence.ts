import { type Occurrence, occurrenceIdAt, type Stage } from '../../core/campaigns/occurrence.ts';
import { firstOccurrence, nextOccurrence } from '../../core/campaigns/occurrence-times.ts';
import { type Audience, type Campaign, isInLocalTime } from '../../core/campaigns/schema.ts';
import type { LiveCampaign } from '../../core/catalog/snapshot.ts';
import { type EpochMs, hashId, type ProfileKey } from '../../core/ids.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import { collectAudience, type StartJobDeps } from '../jobs/start-job.ts';
import type { Clock, Queue } from '../ports.ts';
import { WAKES_AHEAD_MS, type Wakes } from '../schedule/ports.ts';
import { newestActive } from './active-occurrences.ts';
import type { CampaignMessage } from './messages.ts';
import type { OccurrenceStore } from './ports.ts';

export interface BeginDeps extends StartJobDeps {
  occurrences: Pick<OccurrenceStore, 'active' | 'arm' | 'armed' | 'create' | 'get' | 'putNamed'>;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  wakes: Pick<Wakes, 'set' | 'done'>;
  queues: StartJobDeps['queues'] & { campaigns: Pick<Queue, 'send'> };
  clock: Clock;
}

/** A published version: from now on its occurrences begin at their times. May be repeated. */
export async function arm(deps: BeginDeps, live: LiveCampaign, by: string): Promise<void> {
  const { id, version, definition } = live;
  const armed = await deps.occurrences.arm(id, version, deps.clock());
  // A newer version is armed meanwhile.
  if (armed.version !== version || definition.at === 'trigger') return;
  if (definition.at === 'now') await beginOccurrence(deps, { campaign: id, version, at: armed.at, by });
  else await wakeFor(deps, { id, version }, firstOccurrence(definition.at, armed.at));
}

/** Sets the wake of the occurrence that is next; one that is under way in some timezones begins at once. */
async function wakeFor(
  deps: BeginDeps,
  { id, version }: { id: string; version: number },
  next: { at: EpochMs; date: string } | undefined,
): Promise<void> {
  if (next === undefined) return;
  await wakeAt(deps, `${id}#${version}#${next.at}`, next.at, {
    start: { campaign: id, version, at: next.at, date: next.date },
  });
}

/** `dispatch-due` may miss what falls due in the next minutes: that waits on its queue. */
export async function wakeAt(
  deps: Pick<BeginDeps, 'wakes' | 'clock'> & { queues: Pick<BeginDeps['queues'], 'campaigns'> },
  id: string,
  at: EpochMs,
  body: CampaignMessage,
): Promise<void> {
  const left = at - deps.clock();
  if (left > WAKES_AHEAD_MS) return deps.wakes.set({ kind: 'campaign', id, at, body });
  await deps.queues.campaigns.send([{ body, delaySeconds: Math.max(0, Math.ceil(left / 1000)) }]);
}

/** The time of an occurrence has come. The next one is armed first, so that a crash ends no series. */
export async function startOccurrence(
  deps: BeginDeps,
  { campaign, version, at, date }: { campaign: string; version: number; at: EpochMs; date?: string | undefined },
): Promise<void> {
  const armed = await deps.occurrences.armed(campaign);
  if (armed?.version === version && (await isLive(deps, campaign))) {
    const definition = await definitionOf(deps, campaign, version);
    if (typeof definition.at === 'object' && 'every' in definition.at)
      await wakeFor(deps, { id: campaign, version }, nextOccurrence(definition.at, at));
    await beginOccurrence(deps, { campaign, version, at, ...(date === undefined ? {} : { date }), by: 'schedule' });
  }
  await deps.wakes.done('campaign', `${campaign}#${version}#${at}`);
}

/** Whether it was not archived, by now. */
export async function isLive(
  { catalog, clock }: { catalog: Pick<CatalogStore, 'snapshot'>; clock: Clock },
  campaign: string,
): Promise<boolean> {
  const { snapshot } = await catalog.snapshot({ since: clock() });
  return snapshot.campaigns?.some(({ id }) => id === campaign) === true;
}

interface OccurrenceStart {
  campaign: string;
  version: number;
  at: EpochMs;
  /** Its local date, where each customer has it at their own time. */
  date?: string;
  /** Set by a trigger: distinguishes occurrences of the same second. */
  suffix?: string;
  data?: Record<string, unknown> | undefined;
  audience?: Audience | undefined;
  /** Profiles that the trigger names instead. */
  named?: readonly ProfileKey[] | undefined;
  by: string;
}

/** Creates an occurrence and begins to collect its audience; a repeat goes on with the same. One that overlaps another is cancelled at once. */
export async function beginOccurrence(deps: BeginDeps, begun: OccurrenceStart): Promise<Occurrence> {
  const { campaign, version, at, date, suffix, data, named, by } = begun;
  const audience = named === undefined ? begun.audience : { profiles: named.length };
  const definition = await definitionOf(deps, campaign, version);
  const id = occurrenceIdAt(at, suffix);
  const there = await deps.occurrences.get({ campaign, id });
  // Another one has not handed over or refused everybody.
  const isOverlapping =
    there === undefined && suffix === undefined && (await newestActive(deps, campaign, id)) !== undefined;
  const occurrence: Occurrence = there ?? {
    campaign,
    id,
    version,
    at,
    ...(date === undefined || !isInLocalTime(definition) ? {} : { date }),
    ...(isOverlapping ? { status: 'cancelled', reason: 'overlap', endedAt: deps.clock() } : { status: 'collecting' }),
    epoch: 1,
    stage: firstStage(definition),
    ...(data === undefined ? {} : { data }),
    ...(audience === undefined ? {} : { audience }),
  };
  // Whoever finds the occurrence finds them.
  if (there === undefined && named !== undefined) await deps.occurrences.putNamed(occurrence, named, deps.clock());
  const isNew = there === undefined && (await deps.occurrences.create(occurrence));
  const now = isNew ? occurrence : ((await deps.occurrences.get({ campaign, id })) ?? occurrence);
  if (now.status === 'collecting') await collectAudience(deps, now, definition, by);
  return now;
}

const firstStage = ({ pilot, winner }: Campaign): Stage =>
  pilot !== undefined ? 'pilot' : winner === undefined ? 'all' : 'sample';

export async function definitionOf(
  { catalog }: { catalog: Pick<CatalogStore, 'version'> },
  campaign: string,
  version: number,
): Promise<Campaign> {
  const found = await catalog.version('campaigns', campaign, version);
  if (found === undefined) throw new Error(`campaign ${campaign} has lost its version ${version}`);
  return found.definition;
}

/** Identifies the trigger of a call: the same at every repeat under one Idempotency-Key. */
export const suffixOf = (intent: string): string => hashId('trigger', intent).slice(0, 8);
