import { capHistoryMs } from '../../core/catalog/cap-history.ts';
import type { Channel } from '../../core/channels/registry.ts';
import { longestCapMs } from '../../core/definitions/caps.ts';
import { dimensionsOf, ownerOf, partOf } from '../../core/messages/source.ts';
import { type CountedSend, type CountedSends, type SendKey, sendKeyOf } from '../../core/profiles/counted-sends.ts';
import { countsAlike, exceededCap, type ScopedCap, withSend } from '../../core/sending/caps.ts';
import { capsFor } from '../../core/sending/gate.ts';
import { twinsOf } from '../../core/sending/twins.ts';
import type { SenderDeps } from './deps.ts';
import { isCountedIn, type SendContext } from './send-context.ts';
import { resolveTwins } from './twins.ts';

/**
 * The message was counted; `twins`: messages to the same person that it goes before; `isWaiting`: an earlier try has come to nothing. Else why it is refused,
 * or how long it waits.
 */
export type CountVerdict =
  | { twins: readonly SendKey[]; isWaiting?: true | undefined }
  | { refuse: string }
  | { waitSeconds: number };

const NONE: readonly SendKey[] = [];

/**
 * Step 3, last: counts the message atomically under its id, by the channel that it now goes by; the reason where it would be too many, or where another
 * message of its occurrence has been counted for the same person. Each try is evaluated again among the others and counts from its own instant, because a
 * message that was throttled may leave on another day than it was first counted on.
 */
export async function countSend(deps: SenderDeps, all: SendContext, channel: Channel): Promise<CountVerdict> {
  if (!isCountedIn(all)) return { twins: NONE };
  const counting = countingOf(all, channel);
  const first = await count(deps, all, counting, NONE);
  if (!('twins' in first) || first.twins.length === 0) return first;
  const verdict = await resolveTwins(deps, all, first.twins);
  if (verdict === 'duplicate') return { refuse: 'duplicate' };
  if (verdict !== 'go') return verdict;
  const second = await count(deps, all, counting, first.twins);
  // Another profile was merged meanwhile: the next delivery knows of it.
  return 'twins' in second && second.twins.some((twin) => !first.twins.includes(twin)) ? { waitSeconds: 1 } : second;
}

interface Counting {
  send: CountedSend;
  caps: ScopedCap[];
  timezone: string;
  keptMs: number;
}

function countingOf({ request, template, snapshot, home, definition, now }: SendContext, channel: Channel): Counting {
  const { source } = request;
  const [owner, part] = [ownerOf(source), partOf(source)];
  const { variant, version } = dimensionsOf(source);
  const isUncapped = template.class === 'transactional';
  const caps = isUncapped ? [] : capsFor(snapshot, source, definition);
  const timezone = home.profile?.timezone ?? snapshot.settings.timezone;
  return {
    caps,
    timezone,
    keptMs: Math.max(capHistoryMs(snapshot), longestCapMs(caps.map(({ cap }) => cap))),
    send: {
      at: now,
      zone: timezone,
      channel,
      ...(template.topic === undefined ? {} : { topic: template.topic }),
      ...(owner === undefined ? {} : { source: owner }),
      ...(part === undefined ? {} : { node: part }),
      ...(isUncapped ? { isUncapped } : {}),
      template: request.template.id,
      variant,
      version,
    },
  };
}

/** Counts it unless there are other twins than the `cleared` ones: a first time, never beside one; again, they are answered and nothing is written. */
async function count(
  deps: SenderDeps,
  { request, home, now, isEventual }: SendContext,
  { send, caps, timezone, keptMs }: Counting,
  cleared: readonly SendKey[],
): Promise<CountVerdict> {
  const key = sendKeyOf(request.message);
  let verdict: CountVerdict = { twins: cleared };
  let isChanged = false;
  const counted = (sends: CountedSends): CountedSends | undefined => {
    isChanged = false;
    const { [key]: own, ...others } = sends;
    const twins = twinsOf(sends, key, request.source);
    verdict = { twins, isWaiting: own?.isWaiting };
    if (twins.length > 0 && own === undefined) verdict = { refuse: 'duplicate' };
    if (twins.some((twin) => !cleared.includes(twin))) return undefined;
    // A cleared one gives its slot back.
    const counting = Object.fromEntries(Object.entries(others).filter(([other]) => !twins.includes(other)));
    const over = exceededCap(caps, send, counting, timezone, now);
    if (over !== undefined) verdict = { refuse: over };
    if (over !== undefined || (own && countsAlike(own, send, caps))) return undefined;
    isChanged = true;
    return withSend(others, key, own?.isWaiting ? { ...send, isWaiting: true } : send, keptMs);
  };
  await deps.profiles.changeSends(home.key, counted, home);
  // The write's condition says that what it began with is true; without a write nobody says so.
  if (isEventual && !isChanged && !('refuse' in (verdict as CountVerdict)))
    await deps.profiles.changeSends(home.key, counted);
  return verdict;
}

/**
 * Says in `#SENDS` whether the message waits for another try, or has left at last: it is an event's or order's cause only from then on. Only reports ask for
 * it: where it cannot be written, what was counted at the take stands, and the message goes its way.
 */
export async function noteWaiting(
  deps: SenderDeps,
  { request, home, now }: SendContext,
  isWaiting: boolean,
): Promise<void> {
  const key = sendKeyOf(request.message);
  const noted = (sends: CountedSends): CountedSends | undefined => {
    const own = sends[key];
    if (own === undefined || (own.isWaiting ?? false) === isWaiting) return undefined;
    const { isWaiting: _was, ...send } = own;
    return { ...sends, [key]: isWaiting ? { ...send, isWaiting } : { ...send, at: now } };
  };
  try {
    await deps.profiles.changeSends(home.key, noted);
  } catch (error) {
    deps.log.warn('a message could not be noted as waiting', { messageId: request.message, isWaiting, error });
  }
}
