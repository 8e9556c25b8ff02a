import { addressesOn, type Channel, kindOf } from '../../core/channels/registry.ts';
import { addressHash } from '../../core/profiles/address-record.ts';
import type { SenderDeps } from './deps.ts';
import type { SendContext } from './send-context.ts';

/** Profiles of an address that are looked at. */
const MAX_SHARERS = 20;
/** Characters of a hash that tell a recipient's few addresses apart. */
const HASH_CHARACTERS = 12;

/** What a request keeps of an address of its recipient when the audience was frozen. */
export const frozenAddress = (channel: Channel, hash: string): string => `${channel}:${hash.slice(0, HASH_CHARACTERS)}`;

/**
 * Whether a recipient of a campaign came to an address of this channel after the audience was frozen (by a merge, an event, or a consent), and another
 * profile has it, too. Who had it then may get the occurrence there; so this one must not, whichever is sent first.
 */
export async function isTaken(
  deps: Pick<SenderDeps, 'profiles'>,
  { request, home }: Pick<SendContext, 'request' | 'home'>,
  channel: Channel,
): Promise<boolean> {
  const { frozen } = request;
  if (frozen === undefined || !kindOf(channel).address.isSearchable) return false;
  for (const { value } of addressesOn(home.profile?.addresses ?? {}, channel)) {
    if (frozen.includes(frozenAddress(channel, addressHash({ channel, value })))) continue;
    const { keys } = await deps.profiles.byAddress({ channel, value }, { limit: MAX_SHARERS });
    if (keys.some((key) => key !== home.key)) return true;
  }
  return false;
}
