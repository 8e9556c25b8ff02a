import { entryEvents } from '../../core/catalog/entry-events.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { isEndWatched } from '../../core/catalog/watched-ends.ts';
import { ALIAS_GROUP, type CairnEvent, type EventsMessage } from '../../core/events/event.ts';
import { TRIGGERED } from '../../core/events/internal.ts';
import { FROM_APPS } from '../../core/events/system-events.ts';
import { hashId, type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser, shortHash } from '../../core/ids.ts';
import { type Activity, emptyActivity, withIds } from '../../core/profiles/activity.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import { CONFLICT, retryOnConflict } from '../retry-on-conflict.ts';
import { applyEvents } from './apply-events.ts';
import type { ProcessEventsDeps, ProfileDeps } from './deps.ts';
import { endsAmong, uncounted, withoutEnds } from './ended-runs.ts';
import { executeEffects } from './execute-effects.ts';
import type { EventsRecord } from './ingestion-counts.ts';
import { fence } from './merges/fence.ts';
import { complete, completeFenced, merge, target } from './merges/merge.ts';
import { moveItems } from './merges/move-items.ts';
import { type FreshEvents, saveConsents, saveProfile } from './save-profile.ts';
import { unseen } from './unseen-events.ts';

/**
 * Works one message of `events.fifo`: `docs/protocols.md#processing-events`. The message may come again, at any time, wholly or in part;
 * a crash between any two calls leaves nothing that the redelivery does not mend.
 */
export async function processEvents(
  deps: ProcessEventsDeps,
  message: EventsMessage,
  record: EventsRecord,
): Promise<void> {
  if (message.then !== undefined) return passOn(deps, message, message.then);
  const isFirstTry = deps.counts?.isFirstTry(record) ?? false;
  if (record.attributes.MessageGroupId === ALIAS_GROUP) return processAlias(deps, message, isFirstTry);
  return countEvents(deps, message, isFirstTry);
}

async function countEvents(deps: ProcessEventsDeps, message: EventsMessage, isFirstTry: boolean): Promise<void> {
  const { events } = message;
  const note = (fresh: CairnEvent[], accepted: CairnEvent[]) =>
    deps.counts?.add({ events, fresh, accepted }, isFirstTry);
  const key = message.profile;
  const merged = new Set<string>();
  return retryOnConflict(
    async (attempt) => {
      const read = await deps.profiles.query(key);
      const activity = read.activity ?? emptyActivity();
      if (activity.mergedInto !== undefined) return handOn(deps, key, activity, message, isFirstTry);
      if (message.after !== undefined && attempt === 0) {
        await target(deps, message.after);
        return CONFLICT;
      }

      const fresh = await unseen(deps, key, activity, events);
      if (fresh.length === 0) {
        note([], []);
        return executeEffects(deps, key, activity.pending, { isRepeat: true });
      }

      const toMerge = fresh.filter((event) => event.from !== undefined && !merged.has(event.id));
      if (toMerge.length > 0) {
        await introduce(deps, key, message, read.profile);
        for (const event of toMerge) {
          for (const other of await otherSides(deps, event)) {
            // A merge into a profile that is fenced outside the aliases' group could close a cycle.
            if (event.from?.kind === 'either') await completeFenced(deps, other);
            else await merge(deps, other, key);
          }
          merged.add(event.id);
        }
        return CONFLICT;
      }
      const taken = await withoutFalseReports(deps, key, fresh);
      if (taken.length === 0) {
        note(fresh, []);
        return executeEffects(deps, key, activity.pending, { isRepeat: true });
      }
      const committed = await commitFresh(deps, { key, message, read, activity, fresh: taken });
      if (committed === undefined) return CONFLICT;
      note(fresh, taken);
      return executeEffects(deps, key, committed.pending, { known: new Map(taken.map((event) => [event.id, event])) });
    },
    () => new Error(`${key} changed too often`),
  );
}

/** An alias that has waited for earlier events in the group of the old id is forwarded to the group of aliases. A repeat sends the same message. */
async function passOn(deps: ProfileDeps, { then: _passed, ...message }: EventsMessage, group: string): Promise<void> {
  const dedup = hashId('passed', message.profile, ...message.events.flatMap(({ id, receivedAt }) => [id, receivedAt]));
  await deps.events.send([{ body: message, group, dedup }]);
}

/**
 * All aliases of two known users share one group, so that no two of them form a cycle. Only the fence is set here, so a merge that cannot be
 * completed delays no other. The event is then counted in the survivor's own group, which completes the merge if necessary.
 */
async function processAlias(deps: ProcessEventsDeps, message: EventsMessage, isFirstTry: boolean): Promise<void> {
  const home = await deps.profiles.home(message.profile);
  if (home.key === message.profile) await introduce(deps, home.key, message, home.profile);
  for (const event of message.events) {
    for (const other of await otherSides(deps, event)) await mergeInTurn(deps, other, message.profile);
  }
  const { profile, events, after = profile } = message;
  const { key: into, unfinishedMerges } = await deps.profiles.home(after);
  const isChain = into !== after;
  if (isChain && unfinishedMerges.length === 0 && (await isCounted(deps, into, events, isFirstTry))) return;
  const dedup = hashId('aliased', profile, into, ...events.map((event) => event.id));
  // The merged survivor may have counted these events already: then its ids arrive when its own merge is committed.
  const body: EventsMessage = isChain ? { profile: into, events, after } : message;
  await deps.events.send([{ body, group: into, dedup }]);
}

/**
 * Counts an alias's event at the end of its chain. The end cannot move while this group works, but could before the end's own group works: so the
 * event is counted here, and each alias takes only a few messages, however fast its chain grows. Returns false if it is counted in the end's own
 * group instead, where it blocks no other alias.
 */
async function isCounted(
  deps: ProcessEventsDeps,
  end: ProfileKey,
  events: CairnEvent[],
  isFirstTry: boolean,
): Promise<boolean> {
  try {
    await countEvents(deps, { profile: end, events }, isFirstTry);
    return true;
  } catch (error) {
    deps.log.warn('an alias is left to its survivor', { into: end, error });
    return false;
  }
}

/** Most pages of a timeline that are moved while other aliases wait. */
const MAX_PAGES = 20;

async function mergeInTurn(deps: ProfileDeps, x: ProfileKey, into: ProfileKey): Promise<void> {
  if ((await fence(deps, x, into)) !== 'fenced') return;
  try {
    await complete(deps, x, MAX_PAGES);
  } catch (error) {
    deps.log.warn('a merge is left to its survivor', { from: x, into, error });
  }
}

/** A survivor that does not exist yet gets its own identity before another profile's traits are merged into it. */
async function introduce(
  deps: ProfileDeps,
  key: ProfileKey,
  message: EventsMessage,
  profile: Profile | undefined,
): Promise<void> {
  if (profile !== undefined || message.identity === undefined) return;
  // Refused: another executor has just created it.
  await deps.profiles.updateProfile(key, undefined, { identity: message.identity, pv: 1, traits: {}, addresses: {} });
}

/**
 * `previousId` is looked up as a user, then as an anonymous profile; of one that nobody has heard of yet, both lead to the survivor from now on:
 * what was sent before the alias may come after it.
 * An alias of a client key merges an anonymous profile alone, and nothing where the id is a user's.
 */
async function otherSides(deps: ProfileDeps, event: CairnEvent): Promise<ProfileKey[]> {
  if (event.from === undefined) return [];
  const { kind, id } = event.from;
  const [user, anonymous] = [profileKeyOfUser(id), profileKeyOfAnonymous(id)];
  if (kind === 'user') return [user];
  if (kind === 'anonymous' && event.type !== 'alias') return [anonymous];
  if ((await deps.profiles.readActivity(user)) !== undefined) return kind === 'either' ? [user] : [];
  if (kind === 'anonymous') return [anonymous];
  return (await deps.profiles.readActivity(anonymous)) === undefined ? [user, anonymous] : [anonymous];
}

/**
 * `docs/protocols.md#handing-on`: the profile was merged away. What it had committed travels with the fold; the rest goes to the survivor's group, and only after the fold:
 * otherwise the survivor would commit an exit before it knows the run.
 */
async function handOn(
  deps: ProcessEventsDeps,
  key: ProfileKey,
  activity: Activity,
  message: EventsMessage,
  isFirstTry: boolean,
): Promise<void> {
  const known = new Set(activity.ids);
  const events = message.events.filter((event) => !known.has(shortHash(event.id)));
  const repeated = message.events.filter((event) => !events.includes(event));
  deps.counts?.add({ events: repeated, fresh: [], accepted: [] }, isFirstTry);
  const isAlias = events.some(({ from }) => from?.kind === 'either');
  if (activity.done) await moveItems(deps, key);
  else if (!isAlias) await complete(deps, key);
  if (events.length === 0 || activity.mergedInto === undefined) return;
  if (isAlias) return waitInTurn(deps, key, activity.mergedInto, { ...message, events });
  // The profile is pointed straight to the end of the chain, past completed merges: this costs one message, and the next event finds it at once.
  const into = await target(deps, activity.mergedInto);
  if (into !== activity.mergedInto) await deps.profiles.repoint(key, into);
  const dedup = hashId('handed-on', key, into, ...events.map((event) => event.id));
  await deps.events.send([{ body: { profile: into, events } satisfies EventsMessage, group: into, dedup }]);
}

/**
 * If an alias's survivor was merged meanwhile, the alias is part of a chain: it waits in the group of aliases, where it finds the end of the chain.
 * The executor that fenced the survivor has nearly always completed its merge by then. If each alias followed the chain profile by profile, all
 * aliases of the chain would follow the merges and slow them down.
 */
async function waitInTurn(
  deps: ProfileDeps,
  key: ProfileKey,
  into: ProfileKey,
  { events, after = key }: EventsMessage,
): Promise<void> {
  const dedup = hashId('handed-on', key, into, ...events.map((event) => event.id));
  const body: EventsMessage = { profile: into, events, after };
  await deps.events.send([{ body, group: ALIAS_GROUP, dedup }]);
}

/**
 * Apps report opened and clicked push messages as events. A report is recorded before the commit, because recording it twice has no effect. Client
 * reports about any other message are dropped.
 */
async function withoutFalseReports(
  deps: ProcessEventsDeps,
  key: ProfileKey,
  fresh: CairnEvent[],
): Promise<CairnEvent[]> {
  const taken: CairnEvent[] = [];
  for (const event of fresh) {
    const isReport = event.key !== 'cairn' && event.name !== undefined && FROM_APPS.has(event.name);
    const reported = isReport ? await deps.feedback(event, key) : undefined;
    if (!isReport || reported !== undefined || event.key === 'server') taken.push(reported ?? event);
  }
  return taken;
}

/**
 * Returns the live rules, which are never older than those of the profile's last evaluation. A trigger is evaluated only once, so it is not refused by
 * an older copy: a journey that this instance does not know may have just been published, and one that it knows as paused may have been resumed.
 */
export async function rulesFor(
  deps: Pick<ProfileDeps, 'catalog'>,
  fresh: readonly CairnEvent[],
  version: number | undefined,
): Promise<{ snapshot: Snapshot; pointer: Pointer }> {
  const live = await deps.catalog.snapshot({ version });
  const open = new Set<unknown>(
    live.snapshot.journeys.flatMap(({ id }) => (live.pointer.journeys[id] === undefined ? [id] : [])),
  );
  const barred = fresh.filter(({ name, properties }) => name === TRIGGERED && !open.has(properties?.journey));
  if (barred.length === 0) return live;
  return deps.catalog.snapshot({ version, since: Math.max(...barred.map(({ receivedAt }) => receivedAt)) });
}

/** Steps 4 to 9. Undefined: somebody else wrote meanwhile, begin again. */
async function commitFresh(deps: ProfileDeps, input: FreshEvents): Promise<Activity | undefined> {
  const { key, read, activity } = input;
  const { snapshot, pointer } = await rulesFor(deps, input.fresh, activity.snapshotOf);
  const ends = await endsFor(deps, activity, input.fresh, snapshot);
  const fresh = [...input.fresh, ...ends];
  const profile = await saveProfile(deps, { ...input, openRuns: withoutEnds(activity.openRuns, ends) }, snapshot);
  if (profile === 'refused') return undefined;
  await saveConsents(deps, key, read, input.fresh);
  const places = await deps.profiles.putEvents(key, fresh);
  await executeEffects(deps, key, activity.pending, { isRepeat: true });

  const next = await applyEvents(deps, {
    key,
    before: read.profile,
    profile,
    activity,
    places,
    fresh,
    snapshot,
    pointer,
  });
  const ids = withIds(
    activity.ids,
    fresh.map((event) => shortHash(event.id)),
  );
  if (ids.trimmed.length > 0) await deps.profiles.putOlderIds(key, ids.trimmed, deps.clock());
  const committed: Activity = {
    ...next,
    ids: ids.ids,
    trimmedAt: ids.trimmed.length > 0 ? deps.clock() : activity.trimmedAt,
    mergedFrom: await stillMerging(deps, activity.mergedFrom),
  };
  return (await deps.profiles.commitActivity(key, read.activity?.version, committed)) ? committed : undefined;
}

/**
 * Returns the ends of listed runs that the profile was not told of: of runs that a live rule asks for, which may have ended before the rule was
 * live; and of all, if an event may start another run, so that ended ones make room for it.
 */
async function endsFor(
  deps: ProfileDeps,
  activity: Activity,
  fresh: readonly CairnEvent[],
  snapshot: Snapshot,
): Promise<CairnEvent[]> {
  const listed = Object.values(activity.openRuns);
  if (listed.length === 0) return [];
  const mayEnter = fresh.some(({ name }) => name !== undefined && entryEvents(snapshot).has(name));
  const asked = mayEnter ? listed : listed.filter(({ journey }) => isEndWatched(snapshot, journey));
  const known = new Set(fresh.map(({ id }) => id));
  return uncounted(await endsAmong(deps, asked, deps.clock()), activity).filter(({ id }) => !known.has(id));
}

/** Returns the merges that are not complete; the others need not be remembered. */
async function stillMerging(deps: ProfileDeps, merged: ProfileKey[]): Promise<ProfileKey[]> {
  const left: ProfileKey[] = [];
  for (const key of merged) if ((await deps.profiles.readActivity(key))?.done !== true) left.push(key);
  return left;
}
