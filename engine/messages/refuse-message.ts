import type { Channel } from '../../core/channels/registry.ts';
import { messageMetricEvents, moveEvents } from '../../core/metrics/message-events.ts';
import type { SenderDeps } from './deps.ts';
import { publishMessageEvent } from './publish-message-event.ts';
import { recipientFacts } from './recipient-facts.ts';
import { draftOf, releaseCapCount, resumeRun, type SendContext } from './send-context.ts';
import { taken } from './taken.ts';

/** A channel that was given up for a provider's fault ends as failed; with any other reason it ends as suppressed. */
const FAILURES = new Set(['provider-permanent', 'provider-unavailable', 'render-failed']);
/** `detail`: more text beside the reason. */
export interface Refusal {
  reason: string;
  failed: boolean;
  detail?: string;
}
export const refusalOf = (reason: string): Refusal => ({ reason, failed: FAILURES.has(reason) });

export async function refuse(
  deps: SenderDeps,
  all: SendContext,
  state: 'suppressed' | 'failed',
  { reason, failed, detail }: Refusal,
  channel?: Channel,
): Promise<void> {
  const as = failed ? 'failed' : state;
  const draft = draftOf(all, channel ?? all.request.passed?.at(-1)?.channel);
  const move = await deps.messages.refuse(draft, as, reason, all.now, detail);
  // Another delivery may have refused the message and died: this one finishes the refusal.
  if (!move && (await deps.messages.get(draft.id))?.state !== as) return taken(deps, all);
  await releaseCapCount(deps, all);
  if (move)
    await deps.metricEvents.publish([
      ...messageMetricEvents(draft, { metric: as, detail: reason, ...recipientFacts(all, all.now) }, all.now),
      ...moveEvents(draft, move, all.now),
    ]);
  await resumeRun(deps, all);
  await publishMessageEvent(deps, all.snapshot, draft, { status: as, at: all.now });
}
