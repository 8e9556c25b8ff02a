import type { Channel } from '../../core/channels/registry.ts';
import { MIN_CAP_HISTORY_MS } from '../../core/definitions/caps.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { TemplateDefinition } from '../../core/templates/schema.ts';
import type { SenderDeps } from './deps.ts';
import type { SendContext } from './send-context.ts';

/**
 * Whether the gate may judge by what is cheap to read: the last look finds out, and sends back what it finds otherwise. A message without consents is not
 * looked at as closely, and what was sent back before is read strongly consistently.
 */
export const mayReadEventually = ({ class: kind }: TemplateDefinition, { lookedAgain, resend }: SendRequest): boolean =>
  kind === 'marketing' && lookedAgain !== true && resend === undefined;

/**
 * Returns the dependencies of a gate that reads eventually consistently: it takes an address for good that is trusted, and reads no record of it. A stale
 * read costs three write units more, a right one saves a read unit.
 */
export async function withEventualReads(deps: SenderDeps, all: SendContext): Promise<SenderDeps> {
  const trusted = await trustedChannels(deps, all);
  const addressRecords: SenderDeps['profiles']['addressRecords'] = async (refs) =>
    refs.every(({ channel }) => trusted(channel)) ? new Map() : deps.profiles.addressRecords(refs);
  return { ...deps, profiles: { ...deps.profiles, addressRecords } };
}

/**
 * The channel of the newest message that counts: had its addresses been bad, it would have gone by the next one, or would not count. Where none counts,
 * those to which the customer has agreed lately: whose addresses are all bad gets none either.
 */
async function trustedChannels(
  { profiles }: SenderDeps,
  { home, now }: SendContext,
): Promise<(channel: Channel) => boolean> {
  const sends = Object.values((await profiles.changeSends(home.key, () => undefined, home)) ?? {});
  const newest = sends.toSorted((a, b) => a.at - b.at).at(-1);
  if (newest !== undefined) return (channel) => channel === newest.channel;
  return (channel) => (home.consents[channel]?.at ?? 0) > now - MIN_CAP_HISTORY_MS;
}
