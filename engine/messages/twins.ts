import { type MessageId, messageIdOfRecipient, type ProfileKey, requestedAtOf } from '../../core/ids.ts';
import { handedOverAt, type Message } from '../../core/messages/message.ts';
import { isOfOccurrence } from '../../core/messages/source.ts';
import { type SendKey, sendKeyOf } from '../../core/profiles/counted-sends.ts';
import type { SenderDeps } from './deps.ts';
import type { SendContext } from './send-context.ts';

/** A message whose customer has twins of it goes, is refused, or waits until more is known. */
export type TwinVerdict = 'go' | 'duplicate' | { waitSeconds: number };

/** A merge is under way whose names are not listed yet. */
const UNLISTED_SECONDS = 10;

/**
 * This message and others of its occurrence were all counted before their profiles became one. One of them may have been handed over: then this one is
 * a duplicate. Else the first by key goes. The others refuse themselves, because each of their deliveries counts before it takes, and what was counted
 * before the merge and is taken after it is stopped by its last look: `docs/protocols.md#one-message-a-person`.
 */
export async function resolveTwins(
  deps: SenderDeps,
  { request, home, now }: SendContext,
  twins: readonly SendKey[],
): Promise<TwinVerdict> {
  const { source, message } = request;
  if (!isOfOccurrence(source)) return 'go';
  const { keys, more } = await deps.profiles.mergedKeys(home.key);
  const profiles: ProfileKey[] = [home.key, request.profile, ...keys, ...(home.activity?.mergedFrom ?? [])];
  const of = { campaign: source.id, occurrence: source.occurrence, at: requestedAtOf(message) };
  const ids = new Map<SendKey, MessageId>(
    profiles.map((profile) => {
      const id = messageIdOfRecipient(of, profile);
      return [sendKeyOf(id), id];
    }),
  );
  const known = twins.flatMap((twin) => ids.get(twin) ?? []);
  // Not all of so many merged profiles are listed: no message is better than two.
  if (known.length < twins.length) return more ? 'duplicate' : { waitSeconds: UNLISTED_SECONDS };
  const rows = await deps.messages.getAll(known);
  const own = sendKeyOf(message);
  const verdicts = known.map((id) => verdictOn(rows.get(id), own < sendKeyOf(id), now));
  if (verdicts.includes('duplicate')) return 'duplicate';
  return verdicts.find((verdict) => typeof verdict === 'object') ?? 'go';
}

function verdictOn(twin: Message | undefined, isFirst: boolean, now: number): TwinVerdict {
  // Whatever becomes of a second try by hand, the first may have arrived.
  const isOut = twin !== undefined && handedOverAt(twin) !== undefined;
  switch (twin?.state) {
    case 'sent':
    case 'unknown':
      return 'duplicate';
    case 'sending': {
      const left = (twin.leaseUntil ?? 0) - now;
      // A lost sender may have handed it over.
      return left > 0 ? { waitSeconds: Math.ceil(left / 1000) } : 'duplicate';
    }
    case 'suppressed':
    case 'failed':
      return isOut ? 'duplicate' : 'go';
    case 'released':
    case 'held':
    case 'deferred':
    case undefined:
      return isFirst && !isOut ? 'go' : 'duplicate';
  }
}
