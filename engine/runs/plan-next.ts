import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { EvaluationContext } from '../../core/conditions/evaluation-context.ts';
import { timelineSource } from '../../core/conditions/event-source.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { RUN_ENDED } from '../../core/events/internal.ts';
import { TIMELINE_MS } from '../../core/events/timeline.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { type PendingUpdates, withPendingTags, withPendingTraits } from '../../core/journeys/pending-updates.ts';
import { liquidData, resultOf } from '../../core/journeys/run-data.ts';
import { walk } from '../../core/journeys/walk.ts';
import type { DataRequirements, Walked, WalkStart } from '../../core/journeys/walk-ports.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { Run } from '../../core/runs/run.ts';
import type { GateInput, Verdict } from '../../core/sending/gate.ts';
import { areHoursOpen } from '../../core/sending/open-hours.ts';
import { profileForLiquid } from '../../core/templates/profile.ts';
import { renderString } from '../../core/templates/render.ts';
import { type GateDeps, gateByAddress } from '../messages/gate-by-address.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { endsAmong, withoutEnds } from '../profiles/ended-runs.ts';
import { evaluateTags, factsOf, tagsOf } from '../profiles/evaluate-tags.ts';
import type { CurrentProfile } from '../profiles/ports.ts';
import { computedTraits } from '../profiles/traits.ts';
import { RECHECK_MS, type RunDeps } from './deps.ts';
import { requestOf } from './execute-plan.ts';
import type { PinnedJourney } from './journey-of-run.ts';
import { timelineOf } from './timeline.ts';

/** Plans the way from `from` to the next stop or end: reads the data that conditions need, draws coupons, and changes nothing else. */
export async function planNext(
  deps: RunDeps,
  run: Run,
  pinned: PinnedJourney,
  from: WalkStart,
  at: EpochMs,
): Promise<Walked> {
  const { snapshot, pointer } = await deps.catalog.snapshot();
  const now = deps.clock();
  // Whatever the plan asks of the customer, it asks of one reading.
  let read: Promise<CurrentProfile> | undefined;
  const home = () => (read ??= deps.profiles.home(run.profile));
  const rests = async (node: string, current: Run) => {
    const message = current.visits[node]?.message;
    if (message === undefined) return undefined;
    const request = requestOf(current, pinned, { node, message }, at, snapshot);
    const timezone = current.timezone ?? snapshot.settings.timezone;
    // Usually no channel is paused, no provider fails, and all hours are open, and this needs no read.
    const isOpen = areHoursOpen({ ...request, definition: pinned.definition, snapshot }, timezone, now);
    if (isOpen && !isAnythingStopped(pointer)) return undefined;
    const verdict = await verdictOn(deps, home, { run: current, definition: pinned.definition }, request);
    if (verdict === undefined || !('hold' in verdict || 'defer' in verdict)) return undefined;
    const resumeAt = lookAgainAt(request, now);
    return 'defer' in verdict ? { resumeAt, until: verdict.defer.until } : { resumeAt };
  };
  return walk(
    {
      journey: pinned.definition,
      id: run.journey,
      version: run.version,
      pins: pinned.pins,
      run,
      from,
      n: run.step,
      at,
      now,
    },
    {
      trace: deps.trace,
      rests,
      context: (needs, current, pending) => contextOfRun(deps, home, current, { needs, pending }, now),
      render: async (text, current, pending, as) => {
        const profile = await liquidProfile(deps, await home(), pending);
        return renderString(text, { ...liquidData(current.data), profile }, as);
      },
      draw: (pool, node, visit) => {
        const id = hashId('draw', run.entry, node, visit);
        return deps.coupons.draw(pool, id, now, validForMs(snapshot, pool), run.profile);
      },
    },
  );
}

const isAnythingStopped = ({ channels, breakers = {} }: Pointer): boolean =>
  Object.keys(channels).length > 0 || Object.keys(breakers).length > 0;

const validForMs = (snapshot: Snapshot, pool: string) => snapshot.pools.find((known) => known.id === pool)?.validForMs;

/**
 * Returns when a run that rests for a held or deferred message checks again. Its sender normally resumes it; once the message is no longer valid, the run goes on
 * by itself.
 */
export const lookAgainAt = ({ validUntil = Number.POSITIVE_INFINITY }: SendRequest, now: EpochMs): EpochMs =>
  Math.min(now + RECHECK_MS, validUntil + 1);

/** Restricts the store to reads: the gate must not change anything while a run is planned. */
const asking = ({ catalog, clock, profiles }: RunDeps): GateDeps => {
  const { home, addressRecords, history, olderIds, readActivity } = profiles;
  return { catalog, clock, profiles: { home, addressRecords, history, olderIds, readActivity } };
};

/** Returns what the gate would say of the message now; undefined: that it need not wait. */
async function verdictOn(
  deps: RunDeps,
  read: () => Promise<CurrentProfile>,
  sender: Pick<GateInput, 'run' | 'definition'>,
  request: SendRequest,
): Promise<Verdict | undefined> {
  const template = await deps.catalog.version('templates', request.template.id, request.template.version);
  if (template === undefined) return undefined;
  const live = await deps.catalog.snapshot();
  // It only waits while a channel is paused.
  const isTransactional = template.definition.class === 'transactional';
  if (isTransactional && !isAnythingStopped(live.pointer)) return undefined;
  const home = await read();
  const now = deps.clock();
  const asked = { ...live, ...sender, request, template: template.definition, home, now };
  return gateByAddress(asking(deps), asked);
}

async function contextOfRun(
  deps: RunDeps,
  read: () => Promise<CurrentProfile>,
  run: Run,
  { needs, pending }: { needs: DataRequirements; pending: PendingUpdates },
  now: EpochMs,
): Promise<EvaluationContext> {
  const { home, events: past } =
    needs.events.length > 0
      ? await timelineOf(deps.profiles, run.profile, { from: now - TIMELINE_MS, names: new Set(needs.events) })
      : { home: await read(), events: [] };
  const { activity: caught, snapshot } = await caughtUpNow(deps, home);
  const { activity, ends } = await withoutEnded(deps, caught, needs, now);
  // These are the tags of this instant, although a change that is just due may not have been committed yet.
  const profile = withPendingTraits(home.profile, pending);
  const held = activity && { ...activity, tags: withPendingTags(activity.tags, pending) };
  const tags = held ? evaluateTags(profile, held, snapshot, now).tags : {};
  const messages = await deps.messages.histories(messagesOf(run, needs.messages));
  const redeemed = new Map<string, boolean>();
  for (const node of needs.coupons) redeemed.set(node, await isRedeemed(deps, run, node));
  return {
    ...factsOf(profile, activity, snapshot, now, timelineSource([...past, ...ends])),
    ...tagsOf(tags),
    data: liquidData(run.data).data,
    run: {
      at: run.at,
      visitedAt: (node) => run.visits[node]?.at,
      message: (node) => {
        const id = run.visits[node]?.message;
        return id === undefined ? undefined : messages[id];
      },
      couponRedeemed: (node) => redeemed.get(node) ?? false,
    },
  };
}

/** Returns the activity without runs of these journeys that have ended, and their ends, which may not have been sent to the profile. */
async function withoutEnded(
  deps: RunDeps,
  activity: Activity | undefined,
  { journeys, events }: DataRequirements,
  now: EpochMs,
): Promise<{ activity: Activity | undefined; ends: CairnEvent[] }> {
  if (activity === undefined || journeys.length === 0) return { activity, ends: [] };
  const listed = Object.values(activity.openRuns).filter(({ journey }) => journeys.includes(journey));
  const ends = await endsAmong(deps, listed, now);
  return {
    activity: { ...activity, openRuns: withoutEnds(activity.openRuns, ends) },
    ends: events.includes(RUN_ENDED) ? ends : [],
  };
}

const messagesOf = (run: Run, nodes: string[]): string[] => nodes.flatMap((node) => run.visits[node]?.message ?? []);

/** Returns whether the code that this run drew at that node has been redeemed, by anybody. */
async function isRedeemed(deps: RunDeps, run: Run, node: string): Promise<boolean> {
  const drawn = resultOf(run.data, node);
  if (typeof drawn !== 'object' || drawn === null || !('code' in drawn) || !('pool' in drawn)) return false;
  return deps.coupons.redeemed(String(drawn.pool), String(drawn.code), run.visits[node]?.coupon);
}

async function liquidProfile(
  deps: Pick<RunDeps, 'profiles' | 'catalog' | 'clock'>,
  home: CurrentProfile,
  pending: PendingUpdates,
) {
  const { activity, snapshot } = await caughtUpNow(deps, home);
  return profileForLiquid(
    withPendingTraits(home.profile, pending),
    computedTraits(activity, snapshot, deps.clock()),
    snapshot.settings,
  );
}
