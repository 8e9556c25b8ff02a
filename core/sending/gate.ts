import type { Pointer, Snapshot } from '../catalog/snapshot.ts';
import type { Channel, Target } from '../channels/registry.ts';
import type { EpochMs } from '../ids.ts';
import type { SendRequest } from '../messages/send-request.ts';
import { isOfOccurrence, isTestSource, ownerOf, type Source, sourceDefinitionOf } from '../messages/source.ts';
import { brokenChannels } from '../policies/breaker.ts';
import type { AddressRecords } from '../profiles/address-record.ts';
import type { Consents, Profile } from '../profiles/profile.ts';
import type { Run } from '../runs/run.ts';
import type { TemplateOutline } from '../templates/channels.ts';
import type { ScopedCap } from './caps.ts';
import { chooseChannel } from './choose-channel.ts';
import { openingFor } from './send-hours.ts';
import type { SendRules } from './send-rules.ts';

export interface GateInput {
  request: Pick<SendRequest, 'source' | 'validUntil' | 'refuse' | 'channels' | 'passed'>;
  template: TemplateOutline;
  run: Run | undefined;
  /** The journey or campaign that sent the message, in its version; only marketing messages need it. */
  definition: SendRules | undefined;
  snapshot: Snapshot;
  pointer: Pointer;
  profile: Profile | undefined;
  /** The customer is in the global control group, by `settings.holdout`. */
  isHeldOut: boolean;
  consents: Consents;
  /** Records of the addresses themselves, as far as they were read. */
  records: AddressRecords;
  /** Channels that the customer is tired of, by `settings.fatigue`; only marketing messages need them. */
  fatigued: ReadonlySet<Channel>;
  now: EpochMs;
}

/**
 * Verdict of the gate about a message; `render` and the caps come after it. `target` is the recipient of a message that is held, deferred or
 * outside its window; `channel` is the last one that was tried.
 */
export type Verdict =
  | { send: Target }
  | { hold: string; target?: Target }
  | { defer: Deferral; target: Target }
  | { refuse: string; channel?: Channel; target?: Target };

/** A message waits until then, and is evaluated again. */
export interface Deferral {
  until: EpochMs;
  why: 'outside-window' | 'country-hours' | 'breaker-open';
}

/**
 * Gate 0: the run was closed by an exit, an archive or an erasure, or its journey was archived. One that ended well may still have its last message
 * here. `run` is absent for a message that was held for longer than a closed run is kept.
 */
export function isExited(source: SendRequest['source'], run: Run | undefined, snapshot: Snapshot): boolean {
  const origin = sourceDefinitionOf(source);
  if (origin?.kind !== 'journeys') return false;
  if (run?.status === 'closed' && run.reason !== 'ended') return true;
  return origin.version <= (snapshot.archived[origin.id] ?? 0);
}

/** `docs/protocols.md#sending`, 2. Transactional messages ask for no consent and stop only for a pause of `all`. */
export function gate(input: GateInput): Verdict {
  const { request, template, pointer, now } = input;
  if (isExited(request.source, input.run, input.snapshot)) return { refuse: 'exited' };
  if (isCancelled(request.source, input.snapshot, pointer)) return { refuse: 'cancelled' };
  if (request.refuse !== undefined) return { refuse: request.refuse };
  const isMarketing = template.class === 'marketing';
  if (input.isHeldOut && isMarketing && !isTestSource(request.source)) return { refuse: 'holdout' };
  if (request.validUntil !== undefined && now > request.validUntil) return { refuse: 'expired' };
  const owner = ownerOf(request.source);
  if (owner !== undefined && isMarketing && isPaused(request.source, pointer)) return { hold: owner };
  const chosen = chooseChannel({
    request,
    template,
    profile: input.profile,
    consents: input.consents,
    records: input.records,
    fatigued: input.fatigued,
    broken: brokenChannels(pointer.breakers, now),
    settings: input.snapshot.settings,
  });
  if ('reason' in chosen)
    return { refuse: chosen.reason, ...(chosen.channel === undefined ? {} : { channel: chosen.channel }) };
  if ('brokenUntil' in chosen)
    return { defer: { until: chosen.brokenUntil, why: 'breaker-open' }, target: chosen.target };
  const pause = pointer.channels[chosen.target.channel];
  if (pause !== undefined && (isMarketing || pause.all === true))
    return { hold: chosen.target.channel, target: chosen.target };
  return isMarketing && !isTestSource(request.source) ? withinSendHours(input, chosen.target) : { send: chosen.target };
}

/** Its campaign's occurrence was cancelled, or its campaign archived. */
const isCancelled = (source: Source, { archivedCampaigns = {} }: Snapshot, { cancelled = {} }: Pointer): boolean =>
  isOfOccurrence(source) &&
  (source.version <= (archivedCampaigns[source.id] ?? 0) ||
    cancelled[`${source.id}#${source.occurrence}`] !== undefined);

function isPaused(source: Source, { journeys, campaigns = {} }: Pointer): boolean {
  const { kind, id = '' } = sourceDefinitionOf(source) ?? {};
  return (kind === 'campaigns' ? campaigns : journeys)[id] !== undefined;
}

/** A closed window or floor never leads to the next channel. One that does not open any more refuses the message as one that skips it does. */
function withinSendHours({ request, definition, snapshot, profile, now }: GateInput, target: Target): Verdict {
  const opening = openingFor({ source: request.source, definition, snapshot, profile, target }, now);
  if ('open' in opening) return { send: target };
  if ('at' in opening) return { defer: { until: opening.at, why: opening.why }, target };
  return { refuse: 'outside-window', channel: target.channel, target };
}

/** Settings' caps, and over all runs and versions those of the definition that sent the message and of its node. */
export function capsFor(snapshot: Snapshot, source: Source, definition: SendRules | undefined): ScopedCap[] {
  const workspace = snapshot.settings.caps.map((cap): ScopedCap => ({ cap }));
  const [origin, owner] = [sourceDefinitionOf(source), ownerOf(source)];
  if (origin === undefined || owner === undefined) return workspace;
  const node = definition?.nodes[origin.node ?? ''];
  const ofNode = (node?.type === 'send' ? node.caps : undefined) ?? [];
  return [
    ...workspace,
    ...(definition?.caps ?? []).map((cap): ScopedCap => ({ cap, source: owner })),
    ...ofNode.map(
      (cap): ScopedCap => ({ cap, source: owner, ...(origin.node === undefined ? {} : { node: origin.node }) }),
    ),
  ];
}
