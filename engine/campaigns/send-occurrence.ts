import { dueInstants } from '../../core/campaigns/due-instants.ts';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import type { Campaign } from '../../core/campaigns/schema.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import type { Settings } from '../../core/definitions/settings.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock, Queue } from '../ports.ts';
import type { Wakes } from '../schedule/ports.ts';
import { wakeAt } from './begin-occurrence.ts';
import { type BudgetDeps, costOf, leftOf, pauseForBudget } from './budget.ts';
import { awaitDecision, type EndStageDeps, endStage, isSampled } from './end-stage.ts';
import { tickName } from './freeze-audience.ts';
import type { AudiencePages, BulkDepth, OccurrenceRef, OccurrenceStore, Progress } from './ports.ts';
import type { Sending } from './recipient-request.ts';
import { takeRecipients } from './take-recipients.ts';

export interface SendDeps extends EndStageDeps, BudgetDeps {
  occurrences: OccurrenceStore;
  pages: Pick<AudiencePages, 'get' | 'getShared'>;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  wakes: Pick<Wakes, 'set' | 'done'>;
  depth: BulkDepth;
  bulk: Record<Channel, Pick<Queue, 'send'>>;
  queues: { campaigns: Pick<Queue, 'send'> };
  clock: Clock;
}

/** Messages that wait on the senders' queues: those of about two seconds, but for these bounds. A pause is then felt at once. */
const SECONDS_AHEAD = 2;
const [MIN_AHEAD, MAX_AHEAD] = [200, 5_000];
/** A second of a provider without `settings.rates`. */
const USUAL_RATE = 1_000;
/** How soon it is looked again whether a channel is paused. */
const BLOCKED_SECONDS = 10;
/** A worker that has not moved on for so long has died. */
const DEAD_MS = 30_000;

/** Hands some more recipients to the senders, as long as few messages wait there, and moves on; the next tick comes a second later. */
export async function runTick(deps: SendDeps, asked: OccurrenceRef & { epoch: number; tick: number }): Promise<void> {
  const { epoch, tick, ...of } = asked;
  const [occurrence, progress] = [await deps.occurrences.get(of), await deps.occurrences.progress(of)];
  const isMine = occurrence?.epoch === epoch && progress?.epoch === epoch;
  // Whoever ended the sample may have died before it saw to the decision.
  if (isMine && isSampled(occurrence)) return awaitDecision(deps, occurrence);
  if (!isMine || occurrence.status !== 'running') return deps.wakes.done('campaign', tickName(of, epoch, tick));
  const now = deps.clock();
  // Whoever moved on may have died before it asked for the next tick.
  if (progress.tick === tick + 1 && now - progress.at > DEAD_MS) return sendNextTick(deps, of, progress);
  if (progress.tick !== tick) return deps.wakes.done('campaign', tickName(of, epoch, tick));
  const live = await liveFor(deps, of.campaign);
  if (live === undefined) return;
  const turn = dueInstants(occurrence)[progress.instant];
  if (turn === undefined) return endStage(deps, occurrence, progress);
  // A wake's own message comes once it is due, and ends it.
  if (turn.due <= now && progress.page === 0 && progress.line === 0)
    await deps.wakes.done('campaign', tickName(of, epoch, tick));
  if (turn.due > now) return wakeAt(deps, tickName(of, epoch, tick), turn.due, { tick: { ...of, epoch, tick } });

  const sending = await sendingOf(deps, occurrence, live.snapshot.settings);
  const credit = await creditOf(deps, sending, live.snapshot.settings, now - progress.at);
  const { campaign } = sending;
  const taken = await takeRecipients(
    deps,
    sending,
    { ...progress, at: turn.instant },
    {
      credit,
      now,
      isOpen: (channel) => live.pointer.channels[channel] === undefined,
      costOf: (channel) => costOf(live.snapshot.settings, channel),
      left: occurrence.isBudgetReached === true ? undefined : leftOf(campaign, progress.spent),
    },
  );
  await Promise.all(
    CHANNELS.map((channel) => deps.bulk[channel].send((taken.requests.get(channel) ?? []).map((body) => ({ body })))),
  );
  const at = usedUntil(campaign, progress, [...taken.requests.values()].flat().length, now);
  const moved = { ...progress, ...taken.to, tick: tick + 1, spent: progress.spent + taken.cost, at };
  if (!(await deps.occurrences.advance(of, { epoch, tick }, moved))) return;
  // The pause ends the ticks; a death before it is made up for by the next one.
  await sendNextTick(deps, of, moved, taken.stop === 'paused' ? BLOCKED_SECONDS : 1);
  if (taken.stop === 'budget' && campaign.budget !== undefined)
    await pauseForBudget(deps, of, { budget: campaign.budget, spent: moved.spent }, live.snapshot);
}

/** Undefined: it is paused, and its resume begins a new epoch; or its campaign is archived, and whoever archives it cancels this too. What seems so from a read that is seconds old is read again. */
async function liveFor({ catalog, clock }: Pick<SendDeps, 'catalog' | 'clock'>, campaign: string) {
  const isStopped = ({ pointer, snapshot }: { pointer: Pointer; snapshot: Snapshot }) =>
    pointer.campaigns?.[campaign] !== undefined || snapshot.campaigns?.some(({ id }) => id === campaign) !== true;
  const known = await catalog.snapshot();
  const live = isStopped(known) ? await catalog.snapshot({ since: clock() }) : known;
  return isStopped(live) ? undefined : live;
}

const sendNextTick = (
  { queues }: Pick<SendDeps, 'queues'>,
  of: OccurrenceRef,
  { epoch, tick }: Progress,
  delaySeconds = 1,
): Promise<void> => queues.campaigns.send([{ body: { tick: { ...of, epoch, tick } }, delaySeconds }]);

async function sendingOf(deps: SendDeps, occurrence: Occurrence, settings: Settings): Promise<Sending> {
  const version = await deps.catalog.version('campaigns', occurrence.campaign, occurrence.version);
  if (version?.pins === undefined) throw new Error(`campaign ${occurrence.campaign} has lost its version`);
  const shared = await deps.pages.getShared(occurrence);
  return { occurrence, campaign: version.definition, pins: version.pins, settings, shared };
}

/** Returns how many more recipients may be handed over now. */
async function creditOf(
  deps: SendDeps,
  { campaign }: Sending,
  { rates, channels }: Settings,
  sinceMs: number,
): Promise<number> {
  const used = campaign.channels ?? channels;
  const perSecond = Math.max(1, ...used.map((channel) => rates[channel] ?? USUAL_RATE));
  const ahead = Math.min(MAX_AHEAD, Math.max(MIN_AHEAD, perSecond * SECONDS_AHEAD));
  const room = Math.max(0, Math.floor(ahead - (await deps.depth(used))));
  if (campaign.throttle === undefined) return room;
  const spacing = spacingOf(campaign.throttle);
  return Math.min(room, Math.floor(Math.min(sinceMs, keptMs(spacing)) / spacing));
}

const spacingOf = ({ perMinute }: { perMinute: number }): number => 60_000 / perMinute;
/** Returns how long a throttle's unused time is kept: it may not all be used at once later. */
const keptMs = (spacing: number): number => Math.max(spacing, SECONDS_AHEAD * 1_000);

/** Returns until when a throttle's time is used up. */
function usedUntil({ throttle }: Campaign, { at }: Progress, taken: number, now: EpochMs): EpochMs {
  if (throttle === undefined) return now;
  const spacing = spacingOf(throttle);
  return Math.ceil(Math.max(at, now - keptMs(spacing)) + taken * spacing);
}
