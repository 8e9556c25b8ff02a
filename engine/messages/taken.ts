import type { SenderDeps } from './deps.ts';
import { notifySent, releaseCapCount, requeue, type SendContext } from './send-context.ts';

/**
 * The row could not be taken: it is final, or another delivery owns it. If the lease has expired, the outcome is unknown, whatever the gate says now.
 */
export async function taken(deps: SenderDeps, all: SendContext): Promise<void> {
  const { request, now } = all;
  const row = await deps.messages.get(request.message);
  if (row === undefined) return;
  const { state, owner, leaseUntil } = row;
  if (state === 'sent' || state === 'unknown') {
    return notifySent(deps, all, row, state, row.history.findLast(({ status }) => status === state)?.at ?? now);
  }
  // Its owner has released it since, and may have died before it queued it again.
  if (state === 'released') return requeue(deps, deps.provider.channel, request, 0);
  // Another delivery has refused the message, but this one may have counted it meanwhile.
  if (state === 'suppressed' || state === 'failed') return releaseCapCount(deps, all);
  if (state !== 'sending' || owner === undefined || leaseUntil === undefined) return;
  if (leaseUntil > now)
    return requeue(deps, deps.provider.channel, request, Math.min(900, Math.ceil((leaseUntil - now) / 1000)));
  const isLost = await deps.messages.unknown(
    row.id,
    owner,
    now,
    'its sender was lost between the taking and the answer',
  );
  if (isLost) await notifySent(deps, all, row, 'unknown', now);
}
