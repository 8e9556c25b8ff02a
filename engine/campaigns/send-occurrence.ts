import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import { isInSample } from '../../core/campaigns/draws.ts';
import { dueInstants } from '../../core/campaigns/due-instants.ts';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import type { Pointer } from '../../core/catalog/snapshot.ts';
import { CHANNELS, type Channel } from '../../core/channels/registry.ts';
import type { Settings } from '../../core/definitions/settings.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock, Queue } from '../ports.ts';
import type { Wakes } from '../schedule/ports.ts';
import { wakeAt } from './begin-occurrence.ts';
import { pageName } from './collect-audience.ts';
import { awaitDecision, type EndStageDeps, endStage, isSampled } from './end-stage.ts';
import { tickName } from './freeze-audience.ts';
import { queueOf, requestTo, type Sending } from './hand-over.ts';
import type { AudiencePages, BulkDepth, OccurrenceRef, OccurrenceStore, Progress } from './ports.ts';

export interface SendDeps extends EndStageDeps {
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
const [FEWEST_AHEAD, MOST_AHEAD] = [200, 5_000];
/** A second of a provider without `settings.rates`. */
const USUAL_RATE = 1_000;
/** Pages that one tick reads: most lines of a page may belong to another instant or stage. */
const MAX_PAGES = 20;
/** How soon it is looked again whether a channel is paused. */
const BLOCKED_SECONDS = 10;
/** A worker that has not moved on for so long has died. */
const DEAD_MS = 30_000;

/** Hands some more recipients to the senders, as long as few messages wait there, and moves on; the next tick comes a second later. */
export async function sendSome(deps: SendDeps, asked: OccurrenceRef & { epoch: number; tick: number }): Promise<void> {
  const { epoch, tick, ...of } = asked;
  const [occurrence, progress] = [await deps.occurrences.get(of), await deps.occurrences.progress(of)];
  const isMine = occurrence?.epoch === epoch && progress?.epoch === epoch;
  // Whoever ended the sample may have died before it saw to the decision.
  if (isMine && isSampled(occurrence)) return awaitDecision(deps, occurrence);
  if (!isMine || occurrence.status !== 'running') return deps.wakes.done('campaign', tickName(of, epoch, tick));
  const now = deps.clock();
  // Whoever moved on may have died before it asked for the next tick.
  if (progress.tick === tick + 1 && now - progress.at > DEAD_MS) return next(deps, of, progress);
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
  const { requests, to, isBlocked } = await take(
    deps,
    sending,
    { ...progress, at: turn.instant },
    { credit, now, isOpen: (channel) => live.pointer.channels[channel] === undefined },
  );
  await Promise.all(
    CHANNELS.map((channel) => deps.bulk[channel].send((requests.get(channel) ?? []).map((body) => ({ body })))),
  );
  const moved = { ...progress, ...to, tick: tick + 1, at: now };
  if (await deps.occurrences.advance(of, { epoch, tick }, moved))
    await next(deps, of, moved, isBlocked ? BLOCKED_SECONDS : 1);
}

/** Undefined: it is paused, and its resume begins a new epoch. A pause that is seconds old may have been lifted before this occurrence ran. */
async function liveFor({ catalog, clock }: Pick<SendDeps, 'catalog' | 'clock'>, campaign: string) {
  const isPaused = ({ pointer }: { pointer: Pointer }) => pointer.campaigns?.[campaign] !== undefined;
  const known = await catalog.snapshot();
  const live = isPaused(known) ? await catalog.snapshot({ since: clock() }) : known;
  return isPaused(live) ? undefined : live;
}

const next = (
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

/** How many more may be handed over now. */
async function creditOf(
  deps: SendDeps,
  { campaign }: Sending,
  { rates, channels }: Settings,
  sinceMs: number,
): Promise<number> {
  const used = campaign.channels ?? channels;
  const perSecond = Math.max(1, ...used.map((channel) => rates[channel] ?? USUAL_RATE));
  const ahead = Math.min(MOST_AHEAD, Math.max(FEWEST_AHEAD, perSecond * SECONDS_AHEAD));
  const room = Math.max(0, Math.floor(ahead - (await deps.depth(used))));
  if (campaign.throttle === undefined) return room;
  // What was not used of an earlier second does not come later at once.
  const seconds = Math.min(SECONDS_AHEAD, Math.max(1, sinceMs / 1_000));
  return Math.min(room, Math.max(1, Math.round((campaign.throttle.perMinute / 60) * seconds)));
}

/** Takes recipients of the instant `at` from where the last tick stopped. */
async function take(
  { pages }: Pick<SendDeps, 'pages'>,
  sending: Sending,
  from: Pick<Progress, 'instant' | 'page' | 'line' | 'at'>,
  { credit, now, isOpen }: { credit: number; now: EpochMs; isOpen: (channel: Channel) => boolean },
): Promise<{
  requests: Map<Channel, SendRequest[]>;
  to: Pick<Progress, 'instant' | 'page' | 'line'>;
  /** The next one waits for a paused channel: a pause is not to become a row for each that it holds. */
  isBlocked: boolean;
}> {
  const { occurrence } = sending;
  const names = (occurrence.pages ?? []).flatMap((count, shard) =>
    Array.from({ length: count }, (_, page) => pageName(shard, page)),
  );
  const left = new Set(sending.shared.duplicates);
  const requests = new Map<Channel, SendRequest[]>();
  let { page, line } = from;
  let taken = 0;
  let isBlocked = false;
  for (let read = 0; page < names.length && read < MAX_PAGES && taken < credit && !isBlocked; read += 1) {
    const lines = (await pages.get(occurrence, names[page] ?? '')) ?? [];
    for (; line < lines.length && taken < credit; line += 1) {
      const one = lines[line];
      if (one === undefined || !isDue(sending, one, from.at, left)) continue;
      const channel = queueOf(one, sending, CHANNELS[0]);
      isBlocked = !isOpen(channel);
      if (isBlocked) break;
      requests.set(channel, [...(requests.get(channel) ?? []), requestTo(sending, one, now)]);
      taken += 1;
    }
    if (!isBlocked && line >= lines.length) [page, line] = [page + 1, 0];
  }
  const isOver = page >= names.length;
  return {
    requests,
    isBlocked,
    to: isOver ? { instant: from.instant + 1, page: 0, line: 0 } : { instant: from.instant, page, line },
  };
}

/** Whether a recipient is sent to at this instant, in this stage. */
function isDue(
  { occurrence, campaign }: Sending,
  line: AudienceLine,
  instant: EpochMs,
  duplicates: ReadonlySet<string>,
): boolean {
  if (line.g !== undefined || duplicates.has(line.p) || (line.at ?? occurrence.at) !== instant) return false;
  if (occurrence.stage === 'all') return true;
  const isFirst =
    campaign.winner === undefined
      ? line.r <= (occurrence.pilotUpTo ?? -1)
      : isInSample(occurrence.campaign, line.p, campaign.winner.sample);
  return occurrence.stage === 'rest' ? !isFirst : isFirst;
}
