import { capHistoryMs } from '../../core/catalog/cap-history.ts';
import type { Channel } from '../../core/channels/registry.ts';
import { longestCapMs } from '../../core/definitions/limits.ts';
import { isCounted, ownerOf, sourceDefinitionOf } from '../../core/messages/source.ts';
import { type CountedSend, type CountedSends, sendKeyOf } from '../../core/profiles/counted-sends.ts';
import { countsAlike, overCap, withSend } from '../../core/sending/caps.ts';
import { capsFor } from '../../core/sending/gate.ts';
import type { SenderDeps } from './deps.ts';
import type { SendContext } from './send-context.ts';

/**
 * Step 3, last: counts the message atomically under its id, by the channel that it now goes by; the reason where it would be too many. Each try is
 * judged anew among the others and counts from its own instant, because a message that was throttled may leave on another day than it was first
 * counted on.
 */
export async function countOrRefuse(deps: SenderDeps, all: SendContext, channel: Channel): Promise<string | undefined> {
  const { request, template, snapshot, home, now } = all;
  if (template.class === 'transactional' || !isCounted(request.source)) return undefined;
  const { source } = request;
  const owner = ownerOf(source);
  const node = sourceDefinitionOf(source)?.node;
  const caps = capsFor(snapshot, source, all.definition);
  const timezone = home.profile?.timezone ?? snapshot.settings.timezone;
  const send: CountedSend = {
    at: now,
    zone: timezone,
    channel,
    ...(template.topic === undefined ? {} : { topic: template.topic }),
    ...(owner === undefined ? {} : { source: owner }),
    ...(node === undefined ? {} : { node }),
  };
  const key = sendKeyOf(request.message);
  const keptMs = Math.max(capHistoryMs(snapshot), longestCapMs(caps.map(({ cap }) => cap)));
  let over: string | undefined;
  let isChanged = false;
  const count = (sends: CountedSends): CountedSends | undefined => {
    isChanged = false;
    const { [key]: own, ...others } = sends;
    over = overCap(caps, send, others, timezone, now);
    if (over !== undefined || (own && countsAlike(own, send, caps))) return undefined;
    isChanged = true;
    return withSend(others, key, send, keptMs);
  };
  await deps.profiles.changeSends(home.key, count, home);
  // The write's condition says that what it began with is true; without a write nobody says so.
  if (all.isGuess && !isChanged && over === undefined) await deps.profiles.changeSends(home.key, count);
  return over;
}
