import { createHash } from 'node:crypto';
import type { Rendered, Target } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import { isCounted, isOfOccurrence } from '../../core/messages/source.ts';
import { messageMetricEvents } from '../../core/metrics/message-events.ts';
import { retryDelay, throttledDelay } from '../../core/sending/backoff.ts';
import { durationMs } from '../../core/time/duration.ts';
import { noteWaiting } from './count-send.ts';
import type { SenderDeps } from './deps.ts';
import type { Draft, Outcome } from './ports.ts';
import { publishMove } from './publish-move.ts';
import { sentFacts } from './recipient-facts.ts';
import { isCountedIn, notifySent, requeue, type SendContext } from './send-context.ts';

/** A message that `owner` has taken and handed to the provider. */
interface Attempt {
  all: SendContext & { target: Target };
  draft: Draft;
  content: Rendered;
  owner: string;
  /** It probed a provider whose breaker is open. */
  isProbe: boolean;
  /** An earlier try has come to nothing. */
  isWaiting?: true | undefined;
}

/** Stores the provider's outcome on the message's row, and sends it to those who wait for it. */
export async function recordOutcome(deps: SenderDeps, attempt: Attempt, outcome: Outcome): Promise<void> {
  const { all, draft, content, owner } = attempt;
  const now = deps.clock();
  switch (outcome.kind) {
    case 'sent': {
      const channel = deps.provider.channel;
      const isNew = await deps.messages.sent(draft.id, owner, now, channel, outcome.providerId);
      if (attempt.isWaiting) await noteWaiting(deps, { ...all, now }, false);
      await keepTokens(deps, all, outcome, now);
      if (isNew) {
        noteLatency(deps, all.request, now);
        await deps.metricEvents.publish(
          messageMetricEvents(draft, { metric: 'sent', ...sentFacts(all, content, now) }, now, now),
        );
      }
      return notifySent(deps, all, draft, 'sent', now);
    }
    case 'unknown':
      await markUnknown(deps, draft, owner, now, outcome.detail);
      await keepTokens(deps, all, outcome, now);
      return notifySent(deps, all, draft, 'unknown', now);
    // The tokens are stored before the message is queued again, so that the next delivery uses the new ones.
    case 'temporary':
      await keepTokens(deps, all, outcome, now);
      await waits(deps, attempt);
      return retry(deps, attempt, outcome.detail, now);
    case 'throttled':
      await keepTokens(deps, all, outcome, now);
      await waits(deps, attempt);
      return waitForRoom(deps, attempt, outcome.detail, now);
    case 'permanent':
      await keepTokens(deps, all, outcome, now);
      return nextChannel(deps, attempt, outcome, now);
  }
}

/** While the row is still its own, so that no later try is taken for this one. */
async function waits(deps: SenderDeps, { all, isWaiting }: Attempt): Promise<void> {
  if (!isWaiting && isCountedIn(all)) await noteWaiting(deps, all, true);
}

/** The provider may or may not have it. Returns whether it was still that owner's. */
export async function markUnknown(
  deps: Pick<SenderDeps, 'messages' | 'metricEvents'>,
  message: Pick<Draft, 'id' | 'profile' | 'source' | 'channel' | 'template'>,
  owner: string,
  now: EpochMs,
  detail: string,
): Promise<boolean> {
  const move = await deps.messages.unknown(message.id, owner, now, detail);
  if (move) await publishMove(deps, message, move, now);
  return move !== false;
}

/** Only of messages that nobody made wait: a held one is late by intent, and a campaign's comes when it is its turn. */
function noteLatency(deps: SenderDeps, { at, released, resend, source }: SendContext['request'], now: EpochMs): void {
  if (!released && resend === undefined && isCounted(source) && !isOfOccurrence(source))
    deps.noteLatency(deps.provider.channel, now - at);
}

async function keepTokens(deps: SenderDeps, { home }: SendContext, { tokens }: Outcome, now: EpochMs): Promise<void> {
  for (const [value, status] of Object.entries(tokens?.marked ?? {}))
    await deps.profiles.markAddress({ channel: deps.provider.channel, value }, status, now, 'refused by the provider');
  for (const [old, renewed] of Object.entries(tokens?.renewed ?? {}))
    await deps.profiles.renewAddress(home.key, { channel: deps.provider.channel, value: old }, renewed, now);
}

/** Releases the message first and queues it after: after a crash in between, the queue's own redelivery tries again. */
async function retry(deps: SenderDeps, attempt: Attempt, detail: string, now: EpochMs): Promise<void> {
  const { all, draft, owner } = attempt;
  const { request } = all;
  // Not counted as a try: the gate finds the breaker open, and another channel or an instant.
  if (attempt.isProbe) {
    await deps.messages.release(draft.id, owner, now, detail);
    return requeue(deps, deps.provider.channel, request, 0);
  }
  const { attempt: tries = 0, firstTryAt = now } = request;
  const delay = retryDelay(tries, firstTryAt, now);
  if (delay === undefined) return pass(deps, attempt, { reason: 'provider-unavailable', detail }, now);
  await deps.messages.release(draft.id, owner, now, detail);
  await requeue(deps, deps.provider.channel, { ...request, attempt: tries + 1, firstTryAt }, delay);
}

/**
 * A throttled message does not count as failed: it keeps its channel until it is no longer valid. It waits on the queue, and its history records the
 * wait once.
 */
async function waitForRoom(
  deps: SenderDeps,
  { all, draft, owner }: Attempt,
  detail: string,
  now: EpochMs,
): Promise<void> {
  const { request, snapshot } = all;
  const throttled = (request.throttled ?? 0) + 1;
  const validUntil = request.validUntil ?? now + durationMs(snapshot.settings.validFor.transactional);
  await deps.messages.release(draft.id, owner, now, throttled === 1 ? detail : undefined);
  const delay = throttledDelay(throttled, jitterOf(request.message, throttled), now, validUntil);
  await requeue(deps, deps.provider.channel, { ...request, throttled, validUntil }, delay);
}

/** Returns a number from 0 to 1: always the same for a message and a try, and different for different messages. */
const jitterOf = (message: string, times: number): number =>
  Number.parseInt(createHash('sha256').update(`${message}:${times}`).digest('hex').slice(0, 8), 16) / 2 ** 32;

async function nextChannel(
  deps: SenderDeps,
  attempt: Attempt,
  outcome: Extract<Outcome, { kind: 'permanent' }>,
  now: EpochMs,
): Promise<void> {
  const { target } = attempt.all;
  if (outcome.address !== undefined && 'address' in target) {
    const ref = { channel: target.channel, value: target.address };
    await deps.profiles.markAddress(ref, outcome.address, now, outcome.detail);
  }
  await pass(deps, attempt, { reason: 'provider-permanent', detail: outcome.detail }, now);
}

/** Gives up this channel. At the next delivery the gate chooses one of the remaining channels, or finds none. */
async function pass(
  deps: SenderDeps,
  { all, draft, owner }: Attempt,
  { reason, detail }: { reason: string; detail: string },
  now: EpochMs,
): Promise<void> {
  const { channel } = deps.provider;
  await deps.messages.release(draft.id, owner, now, detail);
  const { attempt: _attempt, firstTryAt: _first, throttled: _throttled, ...request } = all.request;
  await requeue(deps, channel, { ...request, passed: [...(request.passed ?? []), { channel, reason }] }, 0);
}
