import type { SQSRecord } from 'aws-lambda';
import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import { ALIAS_GROUP, type CairnEvent, type EventsMessage, inOrder } from '../../../core/events/event.ts';
import { hashId, type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser, shortHash } from '../../../core/ids.ts';
import { type Activity, emptyActivity, withIds } from '../../../core/profiles/activity.ts';
import { consentEntriesOf, countedOf, foldConsents } from '../../../core/profiles/consent.ts';
import type { Profile } from '../../../core/profiles/profile.ts';
import { foldTraits } from '../../../core/profiles/traits.ts';
import type { Read } from '../adapters/profile-reads.dynamo.ts';
import { MOST_ATTEMPTS, type ProfileDeps, type TagDeps } from './deps.ts';
import { effects } from './effects.ts';
import { merge, sweep } from './merge.ts';
import { nextActivity } from './next-activity.ts';

/** A client's repeat is looked for among the week's older ids only when the event itself is older than this. */
const LIVE_MS = 60_000;

/**
 * Works one message of `events.fifo`: `protocols.md`, A, tag(P, batch). The message may come again, at any time, wholly or in part;
 * a crash between any two calls leaves nothing that the redelivery does not mend.
 */
export async function tagBatch(
  deps: TagDeps,
  message: EventsMessage,
  record: Pick<SQSRecord, 'attributes'>,
): Promise<void> {
  const key = message.profile;
  if (message.then !== undefined) return passOn(deps, message, message.then);
  if (record.attributes.MessageGroupId === ALIAS_GROUP) return tagAlias(deps, message);
  const merged = new Set<string>();
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    const read = await deps.profiles.query(key);
    const activity = read.activity ?? emptyActivity();
    if (activity.mergedInto !== undefined) return handOn(deps, key, activity, message);

    const fresh = await unseen(deps, key, activity, message.events);
    if (fresh.length === 0) return effects(deps, key, activity.pending, { isRepeat: true });

    const toMerge = fresh.filter((event) => event.from !== undefined && !merged.has(event.id));
    if (toMerge.length > 0) {
      await introduce(deps, key, message, read.profile);
      for (const event of toMerge) {
        await merge(deps, await otherSide(deps, event), key);
        merged.add(event.id);
      }
      continue;
    }
    const taken = await withoutFalseReports(deps, key, fresh);
    if (taken.length === 0) return effects(deps, key, activity.pending, { isRepeat: true });
    if (await workFresh(deps, key, message, read, activity, taken)) return;
  }
  throw new Error(`${key} changed too often`);
}

/** An alias that has waited for what came before it in the group of the old id goes on to the group of aliases. A repeat sends the same message. */
async function passOn(deps: ProfileDeps, { then: _passed, ...message }: EventsMessage, group: string): Promise<void> {
  const dedup = hashId('passed', message.profile, ...message.events.flatMap(({ id, receivedAt }) => [id, receivedAt]));
  await deps.events.send([{ body: message, group, dedup }]);
}

/** All aliases of two known users share one lane; the event itself then counts in the survivor's own lane. */
async function tagAlias(deps: ProfileDeps, message: EventsMessage): Promise<void> {
  const home = await deps.profiles.home(message.profile);
  if (home.key === message.profile) await introduce(deps, home.key, message, home.profile);
  for (const event of message.events) {
    if (event.from !== undefined) await merge(deps, await otherSide(deps, event), message.profile);
  }
  const dedup = hashId('aliased', message.profile, ...message.events.map((event) => event.id));
  // There it only counts: what is merged outside this lane could close a circle.
  const events = message.events.map(({ from: _merged, ...event }) => event);
  await deps.events.send([{ body: { ...message, events }, group: message.profile, dedup }]);
}

/** A survivor that is not known yet gets its own identity before another side's traits are folded into it. */
async function introduce(
  deps: ProfileDeps,
  key: ProfileKey,
  message: EventsMessage,
  profile: Profile | undefined,
): Promise<void> {
  if (profile !== undefined || message.identity === undefined) return;
  // Refused: somebody else has just introduced it.
  await deps.profiles.updateProfile(key, undefined, { identity: message.identity, pv: 1, traits: {}, addresses: {} });
}

/** `previousId` is looked up as a user, then as an anonymous profile. */
async function otherSide(deps: ProfileDeps, event: CairnEvent): Promise<ProfileKey> {
  const { kind, id } = event.from ?? { kind: 'anonymous', id: '' };
  if (kind === 'anonymous') return profileKeyOfAnonymous(id);
  const user = profileKeyOfUser(id);
  if (kind === 'user') return user;
  return (await deps.profiles.readActivity(user)) === undefined ? profileKeyOfAnonymous(id) : user;
}

/** Step 1: the profile was merged away. What it had committed travels with the fold; the rest goes to the survivor's lane. */
async function handOn(deps: ProfileDeps, key: ProfileKey, activity: Activity, message: EventsMessage): Promise<void> {
  await sweep(deps, key);
  const known = new Set(activity.ids);
  const events = message.events.filter((event) => !known.has(shortHash(event.id)));
  if (events.length === 0 || activity.mergedInto === undefined) return;
  const into = activity.mergedInto;
  const dedup = hashId('handed-on', key, into, ...events.map((event) => event.id));
  await deps.events.send([{ body: { profile: into, events } satisfies EventsMessage, group: into, dedup }]);
}

/** Step 3: events that no commit holds yet, each once, in order. */
async function unseen(
  deps: ProfileDeps,
  key: ProfileKey,
  activity: Activity,
  events: CairnEvent[],
): Promise<CairnEvent[]> {
  const known = new Set(activity.ids);
  const found = new Map<string, CairnEvent>();
  for (const event of events) if (!known.has(shortHash(event.id)) && !found.has(event.id)) found.set(event.id, event);
  const now = deps.clock();
  const isOld = (event: CairnEvent) => now - Math.min(event.at, event.sentAt ?? event.at) > LIVE_MS;
  const fresh = [...found.values()].sort(inOrder);
  if (activity.trimmedAt === undefined || !fresh.some(isOld)) return fresh;
  const older = await deps.profiles.olderIds(key, now);
  return fresh.filter((event) => !(isOld(event) && older.has(shortHash(event.id))));
}

/**
 * Apps report as events what was opened and clicked of push messages: noted before the commit, since a repeat notes nothing twice.
 * What a client says of any other message has not happened.
 */
async function withoutFalseReports(deps: TagDeps, key: ProfileKey, fresh: CairnEvent[]): Promise<CairnEvent[]> {
  const taken: CairnEvent[] = [];
  for (const event of fresh) {
    const isReport = event.key !== 'cairn' && (event.name === 'Message Opened' || event.name === 'Message Clicked');
    if (!isReport || (await deps.feedback(event, key)) || event.key === 'server') taken.push(event);
  }
  return taken;
}

/** Steps 4 to 8. False: somebody else wrote meanwhile, begin again. */
async function workFresh(
  deps: ProfileDeps,
  key: ProfileKey,
  message: EventsMessage,
  read: Read,
  activity: Activity,
  fresh: CairnEvent[],
): Promise<boolean> {
  const { snapshot, pointer } = await deps.catalog.snapshot();
  const profile = await keepProfile(deps, key, message, read.profile, fresh, snapshot);
  if (profile === 'refused') return false;
  await keepConsents(deps, key, read, fresh);
  await deps.profiles.putEvents(key, fresh);
  await effects(deps, key, activity.pending, { isRepeat: true });

  const next = await nextActivity(deps, { key, before: read.profile, profile, activity, fresh, snapshot, pointer });
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
  if (!(await deps.profiles.commitActivity(key, read.activity?.version, committed))) return false;
  await effects(deps, key, committed.pending);
  return true;
}

/** Step 4: traits, addresses, timezone. Written only where something is newer. */
async function keepProfile(
  deps: ProfileDeps,
  key: ProfileKey,
  message: EventsMessage,
  before: Profile | undefined,
  fresh: CairnEvent[],
  snapshot: Snapshot,
): Promise<Profile | undefined | 'refused'> {
  if (before?.mergedInto !== undefined) return 'refused';
  const next = foldTraits(before, message.identity, fresh, snapshot.settings);
  if (next === undefined || next === before) return before;
  const written = { ...next, pv: (before?.pv ?? 0) + 1 };
  return (await deps.profiles.updateProfile(key, before, written)) ? written : 'refused';
}

async function keepConsents(deps: ProfileDeps, key: ProfileKey, read: Read, fresh: CairnEvent[]): Promise<void> {
  const entries = countedOf(
    read.consents,
    fresh.flatMap((event) => consentEntriesOf(event)),
  );
  if (entries.length === 0 || foldConsents(read.consents, entries) === read.consents) return;
  await deps.profiles.addConsents(key, entries, (now) => foldConsents(now, entries));
}

/** Merges that are done need not be remembered. */
async function stillMerging(deps: ProfileDeps, merged: ProfileKey[]): Promise<ProfileKey[]> {
  const left: ProfileKey[] = [];
  for (const key of merged) if ((await deps.profiles.readActivity(key))?.done !== true) left.push(key);
  return left;
}
