import type { CairnEvent, EventsMessage } from '../../core/events/event.ts';
import { hashId, type ProfileKey } from '../../core/ids.ts';
import type { ProcessEventsDeps, ProfileDeps } from './deps.ts';
import { fence } from './merges/fence.ts';
import { complete } from './merges/merge.ts';
import { introduce, otherSides } from './other-sides.ts';
import { processProfileEvents } from './process-profile-events.ts';

/**
 * All aliases of two known users share one group, so that no two of them form a cycle. Only the fence is set here, so a merge that cannot be
 * completed delays no other. The event is then counted in the survivor's own group, which completes the merge if necessary.
 */
export async function processAlias(
  deps: ProcessEventsDeps,
  message: EventsMessage,
  isFirstTry: boolean,
): Promise<void> {
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
    await processProfileEvents(deps, { profile: end, events }, isFirstTry);
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
