import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import { isInSample } from '../../core/campaigns/draws.ts';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import { type Campaign, templateOf, templatesOf } from '../../core/campaigns/schema.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { Pins } from '../../core/definitions/pins.ts';
import type { Settings } from '../../core/definitions/settings.ts';
import { messageIdOfRecipient } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { durationMs } from '../../core/time/duration.ts';
import { frozenAddress } from '../messages/taken-addresses.ts';
import type { Shared } from './ports.ts';

/** Why somebody gets nothing of whom no variant's `if` is true, if the campaign has no template beside its variants. */
export const NO_TEMPLATE = 'no-template';

/** The same in the request to each recipient. */
export interface Sending {
  occurrence: Occurrence;
  campaign: Campaign;
  pins: Pins;
  settings: Pick<Settings, 'validFor'>;
  shared: Shared;
}

/** The request to a recipient: the same at every repeat, but for the instant until which it is valid. */
export function requestTo(
  { occurrence, campaign, pins, settings, shared }: Sending,
  line: AudienceLine,
  now: number,
): SendRequest {
  const { campaign: id, id: name, version, at, stage, winner, data } = occurrence;
  const chosen = stage === 'rest' ? winner?.name : undefined;
  const variant = chosen ?? campaign.variants?.[line.v ?? -1]?.name;
  const own = templateOf(campaign, variant);
  // Who has none is refused under one of the campaign's: each message has its row by the gate.
  const template = own ?? templatesOf(campaign)[0] ?? '';
  const refuse = own === undefined ? NO_TEMPLATE : line.late === true ? 'late' : undefined;
  const passed = (shared.without[line.p] ?? []).map((channel) => ({ channel, reason: 'duplicate' }));
  return {
    message: messageIdOfRecipient({ campaign: id, occurrence: name, at }, line.p),
    profile: line.p,
    template: { id: template, version: pins.templates[template] ?? 0 },
    ...(campaign.channels === undefined ? {} : { channels: campaign.channels }),
    source: { kind: 'campaign', id, version, occurrence: name, ...(variant === undefined ? {} : { variant }) },
    // The same as in the message's id, since the recount would find a row of another day twice. The line says when somebody is due.
    at,
    validUntil: now + durationMs(campaign.validFor ?? settings.validFor.campaign),
    ...(data === undefined ? {} : { data }),
    frozen: (line.a ?? []).map(([channel, hash]) => frozenAddress(channel, hash)),
    ...(passed.length === 0 ? {} : { passed }),
    ...(refuse === undefined ? {} : { refuse }),
    priority: 'bulk',
  };
}

/** Whether somebody is in the pilot, or in the sample among which the winner is found; or has a variant by its `if`, and so waits for no winner. */
export const isOfFirstStage = (
  {
    occurrence,
    campaign,
  }: { occurrence: Pick<Occurrence, 'campaign' | 'pilotUpTo'>; campaign: Pick<Campaign, 'winner' | 'variants'> },
  line: Pick<AudienceLine, 'p' | 'r' | 'v'>,
): boolean =>
  campaign.winner === undefined
    ? line.r <= (occurrence.pilotUpTo ?? -1)
    : campaign.variants?.[line.v ?? -1]?.if !== undefined ||
      isInSample(occurrence.campaign, line.p, campaign.winner.sample);

/** The queue that a request goes to; one that no channel can take is refused by any sender. */
export const queueOf = (line: AudienceLine, { campaign }: Pick<Sending, 'campaign'>, fallback: Channel): Channel =>
  line.a?.[0]?.[0] ?? campaign.channels?.[0] ?? fallback;
