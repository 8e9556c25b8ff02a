import type { EpochMs } from '../../core/ids.ts';
import { sendKeyOf } from '../../core/profiles/counted-sends.ts';
import type { SenderDeps } from './deps.ts';
import { publishMessageEvent } from './publish-message-event.ts';
import { markUnknown } from './record-outcome.ts';
import { countedFrom, notifySent, releaseCapCount, requeue, resumeRun, type SendContext } from './send-context.ts';

/**
 * The row could not be taken: it is final, or another delivery owns it. If the lease has expired, the outcome is unknown, whatever the gate says now.
 */
export async function taken(deps: SenderDeps, all: SendContext): Promise<void> {
  const { request, now } = all;
  const row = await deps.messages.get(request.message);
  if (row === undefined) return;
  const { state, owner, leaseUntil } = row;
  const since = row.history.findLast(({ status }) => status === state)?.at ?? now;
  // Its run may rest for it, whoever released it.
  const settled = { ...all, request: { ...request, released: true } };
  if (state === 'sent' || state === 'unknown') {
    await countedAt(deps, all, since);
    return notifySent(deps, settled, row, state, since);
  }
  // Its owner has released it since, and may have died before it queued it again.
  if (state === 'released') return requeue(deps, deps.provider.channel, request, 0);
  // Another delivery has refused the message, and may have died. This one may have counted it meanwhile.
  if (state === 'suppressed' || state === 'failed') {
    await releaseCapCount(deps, all);
    await resumeRun(deps, settled);
    return publishMessageEvent(deps, all.snapshot, row, { status: state, at: since });
  }
  if (state !== 'sending' || owner === undefined || leaseUntil === undefined) return;
  if (leaseUntil > now)
    return requeue(deps, deps.provider.channel, request, Math.min(900, Math.ceil((leaseUntil - now) / 1000)));
  const isLost = await markUnknown(deps, row, owner, now, 'its sender was lost between the taking and the answer');
  if (isLost) await notifySent(deps, settled, row, 'unknown', now);
}

/** This delivery has counted the message anew before it found that it was sent: caps count it from then. */
async function countedAt(deps: SenderDeps, all: SendContext, since: EpochMs): Promise<void> {
  const key = sendKeyOf(all.request.message);
  await deps.profiles.changeSends(all.home.key, (sends) => countedFrom(sends, key, since));
}
