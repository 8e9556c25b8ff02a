import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import { type CapUse, capsOn, capUse, exceededCap, type ScopedCap } from '../../core/sending/caps.ts';
import { channelsFor } from '../../core/sending/choose-channel.ts';
import { capsFor, type Verdict } from '../../core/sending/gate.ts';
import { nextOpenInstant, type TimedMessage } from '../../core/sending/send-hours.ts';
import type { TemplateOutline } from '../../core/templates/channels.ts';
import type { CurrentProfile, ProfileStore } from '../profiles/ports.ts';
import { type GateDeps, gateByAddress, targetOf } from './gate-by-address.ts';

export interface Sendability {
  /** A message would leave now. */
  now: boolean;
  /** The channel that it would go by, or wait for. */
  channel?: Channel;
  /** Each channel of the customer's list that it cannot go by now, and why. */
  reasons: { channel: Channel; reason: string }[];
  /** When window, floors and caps let it pass, if nothing else happens. Absent where it leaves now, and where time alone changes nothing. */
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
  deps: GateDeps & { profiles: Pick<ProfileStore, 'readSends'> },
  question: Question,
): Promise<Sendability> {
  const { home, template, channels, snapshot, pointer, now } = question;
  const { settings } = snapshot;
  const source = { kind: 'api', id: 'sendability' } as const;
  const sender = { run: undefined, definition: undefined };
  const asked = (by: Channel[] | undefined): Promise<Verdict> =>
    gateByAddress(deps, { ...sender, request: { source, channels: by }, template, snapshot, pointer, home, now });

  const sends = await deps.profiles.readSends(home.key);
  const timezone = home.profile?.timezone ?? settings.timezone;
  const caps = template.class === 'transactional' ? [] : capsFor(snapshot, source, undefined);
  const reasonOn = async (channel: Channel): Promise<string | undefined> => {
    const verdict = await asked([channel]);
    if ('refuse' in verdict) return verdict.refuse;
    if ('hold' in verdict) return 'paused';
    if ('defer' in verdict) return verdict.defer.why;
    return exceededCap(caps, { channel, topic: template.topic }, sends, timezone, now);
  };

  const list = channelsFor({ request: { channels }, template, profile: home.profile, settings });
  const reasons: Sendability['reasons'] = [];
  for (const channel of list) {
    const reason = await reasonOn(channel);
    if (reason !== undefined) reasons.push({ channel, reason });
  }

  const verdict = await asked(channels);
  const target = targetOf(verdict);
  const counting = capsAmong(caps, target === undefined ? list : [target.channel], template.topic);
  const isFull = reasons.some(({ channel }) => channel === target?.channel);
  const isNow = 'send' in verdict && !isFull;
  const opensAt = 'defer' in verdict && verdict.defer.why === 'breaker-open' ? verdict.defer.until : now;
  const nextAt =
    isNow || target === undefined || 'hold' in verdict
      ? undefined
      : leavesAt({ source, ...sender, snapshot, profile: home.profile, target }, opensAt, (at) =>
          capUse(counting, sends, timezone, at).flatMap(({ freesAt }) => freesAt ?? []),
        );
  return {
    now: isNow,
    ...(target === undefined ? {} : { channel: target.channel }),
    reasons,
    ...(nextAt === undefined ? {} : { nextAt }),
    caps: capUse(counting, sends, timezone, now),
  };
}

/** The first instant at which window and floors are open and no cap is full; `freesAt` says when those that are full at an instant let one more through. */
function leavesAt(timed: TimedMessage, now: EpochMs, freesAt: (at: EpochMs) => EpochMs[]): EpochMs | undefined {
  for (let at = now; ; ) {
    const open = nextOpenInstant(timed, at);
    if (open === undefined) return undefined;
    const full = freesAt(open);
    if (full.length === 0) return open;
    at = Math.max(...full);
  }
}

/** The caps that a message on that topic by one of these channels counts towards. */
const capsAmong = (caps: ScopedCap[], channels: Channel[], topic: string | undefined): ScopedCap[] =>
  caps.filter((cap) => channels.some((channel) => capsOn([cap], { channel, topic }).length > 0));
