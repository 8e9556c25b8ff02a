import { ALIAS_GROUP, type EventsMessage } from '../../core/events/event.ts';
import { hashId, type ProfileKey, shortHash } from '../../core/ids.ts';
import type { Activity } from '../../core/profiles/activity.ts';
import type { ProcessEventsDeps, ProfileDeps } from './deps.ts';
import { complete, target } from './merges/merge.ts';
import { moveItems } from './merges/move-items.ts';

/**
 * `docs/protocols.md#handing-on`: the profile was merged away. What it had committed travels with the fold; the rest goes to the survivor's group, and only after the fold:
 * otherwise the survivor would commit an exit before it knows the run.
 */
export async function forwardToSurvivor(
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
