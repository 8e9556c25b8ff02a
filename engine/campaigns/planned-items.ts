import type { PlannedItem } from '../../core/campaigns/clashes.ts';
import { type OccurrenceTimes, occurrencesWithin } from '../../core/campaigns/occurrence-times.ts';
import { type Audience, type Campaign, templatesOf } from '../../core/campaigns/schema.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { Condition } from '../../core/conditions/schema.ts';
import type { Pins } from '../../core/definitions/pins.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { channelsOf } from '../../core/templates/channels.ts';
import type { CatalogStore, DefinitionStore } from '../definitions/ports.ts';

/** A definition that sends at known times, whether it is published or still a draft. */
export interface Sender {
  kind: PlannedItem['kind'];
  id: string;
  name: string;
  owner?: string | undefined;
  /** Absent: at no time that is known. */
  times?: OccurrenceTimes | undefined;
  /** Absent: everybody. */
  audience?: Audience | undefined;
  messages: { template: string; channels?: readonly Channel[] | undefined }[];
  pins: Pins | undefined;
}

const shared = ({ name, owner, audience }: Campaign | Journey) => ({ name, owner, audience });

export const senderOfCampaign = (id: string, campaign: Campaign, pins: Pins | undefined): Sender => ({
  kind: 'campaign',
  id,
  pins,
  ...shared(campaign),
  times: typeof campaign.at === 'string' ? undefined : campaign.at,
  messages: templatesOf(campaign).map((template) => ({ template, channels: campaign.channels })),
});

export const senderOfJourney = (id: string, journey: Journey, pins: Pins | undefined): Sender => ({
  kind: 'journey',
  id,
  pins,
  ...shared(journey),
  times: 'schedule' in journey.entry ? journey.entry.schedule : undefined,
  messages: Object.values(journey.nodes).flatMap((node) =>
    node.type === 'send' ? [{ template: node.template, channels: node.channels }] : [],
  ),
});

/** Those that are live. */
export const liveSenders = ({ campaigns = [], journeys }: Pick<Snapshot, 'campaigns' | 'journeys'>): Sender[] => [
  ...campaigns.map(({ id, definition, pins }) => senderOfCampaign(id, definition, pins)),
  ...journeys.map(({ id, definition, pins }) => senderOfJourney(id, definition, pins)),
];

interface ItemDeps {
  catalog: Pick<CatalogStore, 'version'>;
  definitions: Pick<DefinitionStore, 'head'>;
}

/** Channels that its messages may go by: of its own list or the settings', those that its templates have content for. */
export async function channelsOfSender(
  deps: ItemDeps,
  sender: Sender,
  settings: readonly Channel[],
): Promise<Channel[]> {
  const used = new Set<Channel>();
  for (const { template, channels = settings } of sender.messages) {
    // Nothing pins the templates of a draft yet.
    const version = sender.pins?.templates[template] ?? (await deps.definitions.head('templates', template))?.latest;
    const found = version === undefined ? undefined : await deps.catalog.version('templates', template, version);
    const spoken = found === undefined ? undefined : channelsOf(found.definition);
    for (const channel of channels) if (spoken === undefined || spoken.includes(channel)) used.add(channel);
  }
  return [...used];
}

/** Its occurrences in [from, to], at most `limit`. */
export function itemsOf(
  { kind, id, times, audience }: Sender,
  channels: readonly Channel[],
  range: { from: EpochMs; to: EpochMs },
  limit: number,
): PlannedItem[] {
  if (times === undefined) return [];
  const segment = segmentOf(audience);
  return occurrencesWithin(times, range, limit).map(({ at, date }) => ({
    at,
    date,
    id,
    kind,
    channels,
    ...(segment === undefined ? {} : { segment }),
  }));
}

/** The segment that an audience is; undefined: it is none, or more than one. */
export const segmentOf = (audience: Audience | Condition | undefined): string | undefined =>
  audience !== undefined && 'segment' in audience ? audience.segment : undefined;
