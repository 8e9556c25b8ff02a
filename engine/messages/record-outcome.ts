import { createHash } from 'node:crypto';
import type { EpochMs } from '../../core/ids.ts';
import { messageMetricEvent } from '../../core/metrics/metric-event.ts';
import { retryDelay, throttledDelay } from '../../core/sending/backoff.ts';
import type { Target } from '../../core/sending/choose-channel.ts';
import { durationMs } from '../../core/time/duration.ts';
import type { SenderDeps } from './deps.ts';
import type { Draft, Outcome } from './ports.ts';
import { notifySent, requeue, type SendContext } from './send-context.ts';

/** What was handed to the provider, and to whom. */
type Handed = SendContext & { target: Target };

/** What the provider said, on the row and to those who wait for it. */
export async function recordOutcome(
  deps: SenderDeps,
  all: Handed,
  draft: Draft,
  owner: string,
  outcome: Outcome,
): Promise<void> {
  const now = deps.clock();
  switch (outcome.kind) {
    case 'sent': {
      const channel = deps.provider.channel;
      const isNew = await deps.messages.sent(draft.id, owner, now, channel, outcome.providerId);
      await keepTokens(deps, all, outcome, now);
      if (isNew) await deps.metricEvents.publish([messageMetricEvent(draft, 'sent', now)]);
      return notifySent(deps, all, draft, 'sent', now);
    }
    case 'unknown':
      await deps.messages.unknown(draft.id, owner, now, outcome.detail);
      await keepTokens(deps, all, outcome, now);
      return notifySent(deps, all, draft, 'unknown', now);
    // Before it goes back to the queue: the next delivery goes by what the tokens are then.
    case 'temporary':
      await keepTokens(deps, all, outcome, now);
      return retry(deps, all, draft, owner, outcome.detail, now);
    case 'throttled':
      await keepTokens(deps, all, outcome, now);
      return waitForRoom(deps, all, draft, owner, outcome.detail, now);
    case 'permanent':
      await keepTokens(deps, all, outcome, now);
      return nextChannel(deps, all, draft, owner, outcome, now);
  }
}

async function keepTokens(deps: SenderDeps, { home }: SendContext, { tokens }: Outcome, now: EpochMs): Promise<void> {
  for (const [value, status] of Object.entries(tokens?.marked ?? {}))
    await deps.profiles.markAddress({ channel: 'push', value }, status, now, 'refused by the provider');
  for (const [old, renewed] of Object.entries(tokens?.renewed ?? {}))
    await deps.profiles.renewToken(home.key, old, renewed, now);
}

/** Released first, queued after: a crash between leaves the queue's own delivery to try again. */
async function retry(
  deps: SenderDeps,
  all: SendContext,
  draft: Draft,
  owner: string,
  detail: string,
  now: EpochMs,
): Promise<void> {
  const { request } = all;
  const attempt = request.attempt ?? 0;
  const firstTryAt = request.firstTryAt ?? now;
  const delay = retryDelay(attempt, firstTryAt, now);
  if (delay === undefined) return pass(deps, all, draft, owner, 'provider-unavailable', detail, now);
  await deps.messages.release(draft.id, owner, now, detail);
  await requeue(deps, deps.provider.channel, { ...request, attempt: attempt + 1, firstTryAt }, delay);
}

/**
 * A provider that has no room is no failure: the channel stays, until the message is worth nothing any more. It waits on the queue, and its
 * history says once that it does.
 */
async function waitForRoom(
  deps: SenderDeps,
  all: SendContext,
  draft: Draft,
  owner: string,
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

/** From 0 to 1: of a message and try always the same, of two messages never. */
const jitterOf = (message: string, times: number): number =>
  Number.parseInt(createHash('sha256').update(`${message}:${times}`).digest('hex').slice(0, 8), 16) / 2 ** 32;

async function nextChannel(
  deps: SenderDeps,
  all: Handed,
  draft: Draft,
  owner: string,
  outcome: Extract<Outcome, { kind: 'permanent' }>,
  now: EpochMs,
): Promise<void> {
  const { target } = all;
  if (outcome.address !== undefined && target.channel !== 'push') {
    const ref = { channel: target.channel, value: target.address };
    await deps.profiles.markAddress(ref, outcome.address, now, outcome.detail);
  }
  await pass(deps, all, draft, owner, 'provider-permanent', outcome.detail, now);
}

/** This channel is given up; the gate says at the next delivery which one is left, or that none is. */
async function pass(
  deps: SenderDeps,
  all: SendContext,
  draft: Draft,
  owner: string,
  reason: string,
  detail: string,
  now: EpochMs,
): Promise<void> {
  const { channel } = deps.provider;
  await deps.messages.release(draft.id, owner, now, detail);
  const { attempt: _attempt, firstTryAt: _first, throttled: _throttled, ...request } = all.request;
  await requeue(deps, channel, { ...request, passed: [...(request.passed ?? []), { channel, reason }] }, 0);
}
