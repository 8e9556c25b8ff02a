import type { Channel } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import { type ChannelOpening, openingId, type ReleaseDeferred } from '../../core/messages/channel-opening.ts';
import type { Deferral } from '../../core/sending/gate.ts';
import { MINUTE_MS } from '../../core/time/units.ts';
import { WAKES_AHEAD_MS, type Wake } from '../schedule/ports.ts';
import type { SenderDeps } from './deps.ts';
import { publishMove } from './publish-move.ts';
import { draftOf, requeue, type SendContext } from './send-context.ts';
import { taken } from './taken.ts';

/**
 * Defers the message on its row. First there is a wake for its opening, so that no deferred row is without one. A message whose opening is so near
 * that the wake, or its place in the index, could be missed waits on its queue; this is asked after the write, because a slow one may come too late.
 */
export async function defer(
  deps: SenderDeps,
  all: SendContext,
  { until, why }: Deferral,
  channel: Channel,
): Promise<void> {
  const { request, now } = all;
  const at = Math.min(until, givenUpAt(request.validUntil));
  const opening = isNear(at, now) ? undefined : { channel, at };
  if (opening !== undefined) await deps.wakes.set(wakeOf(opening));
  const draft = draftOf(all, channel);
  const move = await deps.messages.defer(draft, why, opening, now);
  if (!move) return taken(deps, all);
  await publishMove(deps, draft, move, now);
  const later = deps.clock();
  if (!isNear(at, later)) return;
  const delaySeconds = Math.max(0, Math.ceil((at - later) / 1000));
  await requeue(deps, channel, { ...request, released: true }, delaySeconds);
}

const isNear = (at: EpochMs, now: EpochMs): boolean => at - now < WAKES_AHEAD_MS;

/** The first minute at which it has expired: the gate then says so. Whole minutes, so that few wakes serve many messages. */
const givenUpAt = (validUntil = Number.POSITIVE_INFINITY): EpochMs =>
  (Math.floor(validUntil / MINUTE_MS) + 1) * MINUTE_MS;

const wakeOf = (opening: ChannelOpening): Wake => ({
  kind: 'opening',
  id: openingId(opening),
  at: opening.at,
  body: { opening } satisfies ReleaseDeferred,
});
