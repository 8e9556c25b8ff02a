import type { Channel } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { ReleaseDeferred } from '../../core/messages/channel-opening.ts';
import { openingId } from '../../core/messages/channel-opening.ts';
import type { MessageStore } from '../messages/ports.ts';
import type { Clock, Outgoing, Queue } from '../ports.ts';
import type { Wakes } from '../schedule/ports.ts';

/** Messages that leave at the instant of an opening. The others follow within this time, older first. */
export const AT_ONCE = 100;
export const SPREAD_MS = 5 * 60_000;

/** Messages of a page after the first, and how long an invocation starts new ones: then its message is queued again. */
const PAGE = 500;
const MAX_RUNTIME_MS = 30_000;
const MAX_DELAY_SECONDS = 900;

export interface ReleaseDeferredDeps {
  messages: Pick<MessageStore, 'deferredTo' | 'countDeferredTo' | 'getAll'>;
  senders: Record<Channel, Pick<Queue, 'send'>>;
  wakes: Pick<Wakes, 'done'>;
  /** The queue of this message. */
  queue: Pick<Queue, 'send'>;
  clock: Clock;
}

type Progress = NonNullable<ReleaseDeferred['progress']>;

/**
 * Sends the messages that wait for an opening to the gate again. The wake is there until all were sent: if this message is lost, another begins with
 * those that still wait. A message that is sent to the gate twice is sent to the customer once, because its row decides.
 */
export async function releaseDeferred(
  deps: ReleaseDeferredDeps,
  { opening, progress }: ReleaseDeferred,
): Promise<void> {
  const early = opening.at - deps.clock();
  if (early > 0) {
    const delaySeconds = Math.min(MAX_DELAY_SECONDS, Math.ceil(early / 1000));
    return deps.queue.send([{ body: { opening } satisfies ReleaseDeferred, delaySeconds }]);
  }
  const started = performance.now();
  let left: Progress | undefined = progress ?? {
    began: deps.clock(),
    all: await deps.messages.countDeferredTo(opening),
    done: 0,
    places: {},
  };
  while (left !== undefined && performance.now() - started < MAX_RUNTIME_MS)
    left = await releasePage(deps, opening, left);
  if (left === undefined) return deps.wakes.done('opening', openingId(opening));
  await deps.queue.send([{ body: { opening, progress: left } satisfies ReleaseDeferred }]);
}

/** Returns what is left after one page; undefined: nothing. */
async function releasePage(
  deps: ReleaseDeferredDeps,
  opening: ReleaseDeferred['opening'],
  progress: Progress,
): Promise<Progress | undefined> {
  const limit = progress.done < AT_ONCE ? AT_ONCE - progress.done : PAGE;
  const { ids, next } = await deps.messages.deferredTo(opening, { limit, cursor: progress.places });
  const rows = await deps.messages.getAll(ids);
  const now = deps.clock();
  const released = ids.flatMap((id, index): Outgoing[] => {
    const row = rows.get(id);
    // It has left meanwhile, and the index does not know yet.
    if (row?.state !== 'deferred') return [];
    const delaySeconds = Math.max(0, Math.ceil((leavesAt(progress, progress.done + index) - now) / 1000));
    return [{ body: { ...row.request, released: true }, delaySeconds }];
  });
  await deps.senders[opening.channel].send(released);
  return next && { ...progress, done: progress.done + ids.length, places: next };
}

/** When the message at this place, from 0, leaves: more may wait by now than were counted. */
function leavesAt({ began, all }: Progress, place: number): EpochMs {
  if (place < AT_ONCE) return began;
  return began + SPREAD_MS * Math.min(1, (place + 1 - AT_ONCE) / Math.max(1, all - AT_ONCE));
}
