import { ADDRESSED_CHANNELS, type Addresses, addressesOn, kindOf, withAddresses } from '../channels/registry.ts';
import type { Settings } from '../definitions/settings.ts';
import { type CairnEvent, compareEvents } from '../events/event.ts';
import { type EpochMs, type ProfileKey, profileKeyOfUser } from '../ids.ts';
import { messageEvent } from '../messages/message-events.ts';
import { journeyScope } from '../messages/source.ts';
import type { HeldTag } from '../profiles/activity.ts';
import type { AddressRecord } from '../profiles/address-record.ts';
import type { CountedSend, CountedSends } from '../profiles/counted-sends.ts';
import type { Consents, Profile } from '../profiles/profile.ts';
import { foldTraits } from '../profiles/traits.ts';
import { durationMs } from '../time/duration.ts';
import type { SyntheticProfile } from './request.ts';

/** A customer at the start of a simulation: read from the tables, or synthetic. */
export interface Customer {
  key: ProfileKey;
  profile: Profile | undefined;
  consents: Consents;
  sends: CountedSends;
  /** Address records of a real customer. */
  records?: AddressRecord[];
}

const ID = 'simulated';

/** Returns the customer of this description, new at `at`, the tags that the request sets, and the events of messages sent before, in order. */
export function syntheticCustomer(
  asked: SyntheticProfile,
  at: EpochMs,
  settings: Settings,
): Customer & { tags: Record<string, HeldTag>; events: CairnEvent[] } {
  const consents = consentsOf(asked.consent ?? {}, at);
  const folded = foldTraits(undefined, { kind: 'user', id: ID }, [identify(asked, at)], settings);
  return {
    key: profileKeyOfUser(ID),
    profile: folded && {
      ...folded,
      pv: 1,
      addresses: { ...folded.addresses, ...addressesOf(asked, consents, at) },
      ...(asked.timezone === undefined ? {} : { timezone: asked.timezone }),
      ...(asked.locale === undefined ? {} : { locale: asked.locale }),
    },
    consents,
    sends: Object.fromEntries((asked.sends ?? []).map((send, index) => [sentId(index), countedOf(send, at)])),
    events: (asked.sends ?? []).flatMap((send, index) => eventsOf(send, sentId(index), at)).sort(compareEvents),
    tags: Object.fromEntries((asked.tags ?? []).map((tag) => [tag, { since: at, by: 'api' }])),
  };
}

const identify = ({ traits = {} }: SyntheticProfile, at: EpochMs) => ({
  // Sorts before every id of a simulated event: those of the same instant are newer.
  id: '!',
  type: 'identify' as const,
  at,
  receivedAt: at,
  index: 0,
  traits,
  key: 'server' as const,
});

function consentsOf(asked: NonNullable<SyntheticProfile['consent']>, at: EpochMs): Consents {
  const consents: Consents = {};
  const put = (key: string, said: boolean | { granted?: boolean | undefined }) => {
    const granted = typeof said === 'boolean' ? said : said.granted;
    if (granted !== undefined) consents[key] = { granted, at, source: 'api' };
  };
  for (const [key, said] of Object.entries(asked)) {
    put(key, said);
    const topics = typeof said === 'boolean' ? {} : (said.topics ?? {});
    for (const [topic, entry] of Object.entries(topics)) put(`${key}:${topic}`, entry);
  }
  return consents;
}

function addressesOf(asked: SyntheticProfile, consents: Consents, at: EpochMs): Addresses {
  let held: Addresses = {};
  for (const channel of ADDRESSED_CHANNELS) {
    const { shape, synthetic } = kindOf(channel).address;
    const given = addressesOn((asked.addresses ?? {}) as Addresses, channel); // what the request's schema takes for it
    const isReached = Object.entries(consents).some(([key, { granted }]) => granted && key.split(':')[0] === channel);
    const addresses =
      synthetic !== undefined && isReached && asked.addresses?.[channel] === undefined ? [synthetic(at)] : given;
    const several = addresses.map((one) => ({ ...one, at }));
    if (addresses.length > 0) held = withAddresses(held, channel, shape === 'many' ? several : addresses[0]);
  }
  return held;
}

type Sent = NonNullable<SyntheticProfile['sends']>[number];
const sentId = (index: number): string => `before-${index}`;

const countedOf = ({ ago, channel, topic, journey }: Sent, at: EpochMs): CountedSend => ({
  at: at - durationMs(ago),
  channel,
  ...(topic === undefined ? {} : { topic }),
  ...(journey === undefined ? {} : { source: journeyScope(journey) }),
});

/** Name used where a simulated message leaves it out: no condition asks for it. */
const UNNAMED = 'simulated';

/** Returns the events that the sending of a message causes, and those of its receipts. */
function eventsOf({ ago, channel, template, journey, node, was }: Sent, id: string, now: EpochMs): CairnEvent[] {
  const at = now - durationMs(ago);
  const source =
    journey === undefined
      ? ({ kind: 'api', id: UNNAMED } as const)
      : ({ kind: 'journey', id: journey, version: 1, node: node ?? UNNAMED, run: UNNAMED } as const);
  const message = { id, channel, template: { id: template ?? UNNAMED, version: 1 }, source };
  const sent = messageEvent(message, 'sent', at);
  return was === undefined ? [sent] : [sent, { ...messageEvent(message, was, at), index: 1 }];
}
