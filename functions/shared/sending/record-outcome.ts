import type { Channel } from '../../../core/channels.ts';
import type { EpochMs } from '../../../core/ids.ts';
import { messageFact } from '../../../core/measuring/fact.ts';
import { retryDelay } from '../../../core/sending/backoff.ts';
import type { Draft } from '../adapters/messages.dynamo.ts';
import { again, type Case, tellHanded } from './case.ts';
import type { Outcome, SenderDeps } from './deps.ts';

/** What the provider said, on the row and to those who wait for it. */
export async function recordOutcome(
  deps: SenderDeps,
  all: Case,
  draft: Draft,
  owner: string,
  outcome: Outcome,
): Promise<void> {
  const now = deps.clock();
  switch (outcome.kind) {
    case 'sent': {
      const channel = deps.provider.channel;
      const isNew = await deps.messages.sent(draft.id, owner, now, channel, outcome.providerId);
      await keepTokens(deps, all, outcome);
      if (isNew) await deps.facts.tell([messageFact(draft, 'sent', now)]);
      return tellHanded(deps, all, draft, 'sent', now);
    }
    case 'unknown':
      await deps.messages.unknown(draft.id, owner, now, outcome.detail);
      await keepTokens(deps, all, outcome);
      return tellHanded(deps, all, draft, 'unknown', now);
    // Before it goes back to the queue: the next delivery goes by what the tokens are then.
    case 'temporary':
      await keepTokens(deps, all, outcome);
      return retry(deps, all, draft, owner, outcome.detail, now);
    case 'permanent':
      await keepTokens(deps, all, outcome);
      return nextChannel(deps, all, draft, owner, outcome, now);
  }
}

async function keepTokens(deps: SenderDeps, { home }: Case, { tokens }: Outcome): Promise<void> {
  for (const [token, status] of Object.entries(tokens?.marked ?? {}))
    await deps.profiles.markAddress(home.key, 'push', token, status);
  for (const [old, renewed] of Object.entries(tokens?.renewed ?? {}))
    await deps.profiles.markAddress(home.key, 'push', old, 'bad', renewed);
}

/** Released first, queued after: a crash between leaves the queue's own delivery to try again. */
async function retry(
  deps: SenderDeps,
  all: Case,
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
  await again(deps, deps.provider.channel, { ...request, attempt: attempt + 1, firstTryAt }, delay);
}

async function nextChannel(
  deps: SenderDeps,
  all: Case,
  draft: Draft,
  owner: string,
  outcome: Extract<Outcome, { kind: 'permanent' }>,
  now: EpochMs,
): Promise<void> {
  const address = addressOf(all, deps.provider.channel);
  if (outcome.address !== undefined && address !== undefined) {
    await deps.profiles.markAddress(all.home.key, deps.provider.channel, address, outcome.address);
  }
  await pass(deps, all, draft, owner, 'provider-permanent', outcome.detail, now);
}

function addressOf({ home }: Case, channel: Channel): string | undefined {
  return channel === 'push' ? undefined : home.profile?.addresses[channel]?.value;
}

/** This channel is given up; the gate says at the next delivery which one is left, or that none is. */
async function pass(
  deps: SenderDeps,
  all: Case,
  draft: Draft,
  owner: string,
  reason: string,
  detail: string,
  now: EpochMs,
): Promise<void> {
  const { channel } = deps.provider;
  await deps.messages.release(draft.id, owner, now, detail);
  const { attempt: _attempt, firstTryAt: _first, ...request } = all.request;
  await again(deps, channel, { ...request, passed: [...(request.passed ?? []), { channel, reason }] }, 0);
}
