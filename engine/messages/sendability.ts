import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import { type CapUse, capsOn, capUse, overCap, type ScopedCap } from '../../core/sending/caps.ts';
import { channelsFor } from '../../core/sending/choose-channel.ts';
import { capsFor, type Verdict } from '../../core/sending/gate.ts';
import type { TemplateOutline } from '../../core/templates/channels.ts';
import type { CurrentProfile, ProfileStore } from '../profiles/ports.ts';
import { gateByAddress } from './gate-by-address.ts';

export interface Sendability {
  /** A message would leave now. */
  now: boolean;
  /** The channel that it would go by, or wait for. */
  channel?: Channel;
  /** Each channel of the customer's list that it cannot go by now, and why. */
  reasons: { channel: Channel; reason: string }[];
  /** When the caps let it pass, if nothing else happens. Absent where it leaves now, and where time alone changes nothing. */
  nextAt?: EpochMs;
  /** The settings' caps that it counts towards. */
  caps: CapUse[];
}

interface Question {
  home: CurrentProfile;
  template: TemplateOutline;
  /** Absent: the customer's own list. */
  channels: Channel[] | undefined;
  snapshot: Snapshot;
  pointer: Pointer;
  now: EpochMs;
}

/** Asks the senders' gate and caps about a message that nobody sends. */
export async function sendability(
  deps: { profiles: Pick<ProfileStore, 'home' | 'addressRecords' | 'readSends'> },
  question: Question,
): Promise<Sendability> {
  const { home, template, channels, snapshot, pointer, now } = question;
  const { settings } = snapshot;
  const source = { kind: 'api', id: 'sendability' } as const;
  const asked = (by: Channel[] | undefined): Promise<Verdict> =>
    gateByAddress(deps, { request: { source, channels: by }, template, run: undefined, snapshot, pointer, home, now });

  const sends = await deps.profiles.readSends(home.key);
  const timezone = home.profile?.timezone ?? settings.timezone;
  const caps = template.class === 'transactional' ? [] : capsFor(snapshot, source, undefined);
  const reasonOn = async (channel: Channel): Promise<string | undefined> => {
    const verdict = await asked([channel]);
    if ('refuse' in verdict) return verdict.refuse;
    if ('hold' in verdict) return 'paused';
    return overCap(caps, { channel, topic: template.topic }, sends, timezone, now);
  };

  const list = channelsFor({ request: { channels }, template, profile: home.profile, settings });
  const reasons: Sendability['reasons'] = [];
  for (const channel of list) {
    const reason = await reasonOn(channel);
    if (reason !== undefined) reasons.push({ channel, reason });
  }

  const verdict = await asked(channels);
  const channel = 'send' in verdict ? verdict.send.channel : 'hold' in verdict ? verdict.target?.channel : undefined;
  const among = channel === undefined ? list : [channel];
  const used = capUse(capsAmong(caps, among, template.topic), sends, timezone, now);
  const isFull = reasons.some((one) => one.channel === channel);
  const freesAt = used.flatMap((cap) => cap.freesAt ?? []);
  return {
    now: 'send' in verdict && !isFull,
    ...(channel === undefined ? {} : { channel }),
    reasons,
    ...('send' in verdict && isFull ? { nextAt: Math.max(...freesAt) } : {}),
    caps: used,
  };
}

/** The caps that a message on that topic by one of these channels counts towards. */
const capsAmong = (caps: ScopedCap[], channels: Channel[], topic: string | undefined): ScopedCap[] =>
  caps.filter((cap) => channels.some((channel) => capsOn([cap], { channel, topic }).length > 0));
