import { type Clash, clashesOf, type PlannedItem } from '../../core/campaigns/clashes.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { Head, LifecycleName, Status } from '../../core/definitions/definition.ts';
import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { CatalogStore, DefinitionStore } from '../definitions/ports.ts';
import { audienceName, type EstimateDeps, estimateAudiences, MAX_AUDIENCES } from './estimate-audiences.ts';
import {
  channelsOfSender,
  itemsOf,
  liveSenders,
  type Sender,
  segmentOf,
  senderOfCampaign,
  senderOfJourney,
} from './planned-items.ts';
import type { OccurrenceStore } from './ports.ts';

export interface ScheduleDeps extends EstimateDeps {
  definitions: Pick<DefinitionStore, 'head' | 'list' | 'version'>;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  occurrences: Pick<OccurrenceStore, 'list'>;
}

export interface ScheduledItem {
  at: EpochMs;
  kind: PlannedItem['kind'];
  id: string;
  name: string;
  owner?: string | undefined;
  channels: readonly Channel[];
  /** Undefined: too many audiences are due at one instant. */
  estimated: number | undefined;
  status: string;
}

export interface ReadSchedule {
  items: ScheduledItem[];
  clashes: Clash[];
  /** There are more items: they begin here. */
  next?: EpochMs | undefined;
}

/** Most items of an answer; of one definition; and definitions of a kind among which drafts are looked for. */
export const MAX_ITEMS = 1_000;
const MAX_OF_ONE = 200;
const MAX_DRAFTS_AMONG = 2_000;
const PAGE = 100;
const CONCURRENCY = 8;

interface Entry {
  sender: Sender;
  item: PlannedItem;
  status: string;
  recipients?: number | undefined;
}

/**
 * Returns what is sent at known times in [from, to], soonest first: by live definitions, by drafts (with their status), and by occurrences of
 * campaigns that have begun already.
 */
export async function readSchedule(deps: ScheduleDeps, range: { from: EpochMs; to: EpochMs }): Promise<ReadSchedule> {
  const live = await deps.catalog.snapshot({ since: deps.clock() });
  const { channels, caps, timezone } = live.snapshot.settings;
  const ahead = { ...range, from: Math.max(range.from, deps.clock()) };
  const senders = [...livePlans(live), ...(await draftPlans(deps))];
  const found = await mapWithConcurrency(CONCURRENCY, senders, async ({ sender, status }): Promise<Entry[]> => {
    const begun = status === 'scheduled' || status === 'paused' ? await begunOccurrences(deps, sender, range) : [];
    const planned = itemsOf(sender, [], ahead, MAX_OF_ONE).filter(({ at }) =>
      begun.every(({ item }) => item.at !== at),
    );
    if (begun.length + planned.length === 0) return [];
    const used = await channelsOfSender(deps, sender, channels);
    return [...begun, ...planned.map((item) => ({ sender, item, status }))].map((entry) => ({
      ...entry,
      item: { ...entry.item, channels: used },
    }));
  });
  const sorted = found.flat().sort((a, b) => a.item.at - b.item.at || (a.item.id < b.item.id ? -1 : 1));
  const { entries, next } = cutPage(sorted);
  const uncounted = entries.filter(({ recipients }) => recipients === undefined);
  const sizes = await estimateAudiences(
    deps,
    uncounted.map(({ sender }) => sender.audience),
  );
  const sizeOf = new Map(uncounted.map((entry, index) => [entry, sizes[index]]));
  return {
    items: entries.map((entry) => {
      const { sender, item, status } = entry;
      const { kind, id, name, owner } = sender;
      const estimated = entry.recipients ?? sizeOf.get(entry);
      return { at: item.at, kind, id, name, owner, channels: item.channels, estimated, status };
    }),
    clashes: clashesOf(itemsToBeSent(entries), caps, timezone),
    ...(next === undefined ? {} : { next }),
  };
}

/** Returns the items that will be sent, as far as is known. A draft beside a live definition is left out: it would take that one's place. */
function itemsToBeSent(entries: readonly Entry[]): PlannedItem[] {
  const isDraft = ({ status }: Entry) => DRAFTS.some((draft) => draft === status);
  const live = new Set(entries.filter((entry) => !isDraft(entry)).map(({ item }) => `${item.kind} ${item.id}`));
  return entries
    .filter(
      (entry) => entry.status !== 'cancelled' && !(isDraft(entry) && live.has(`${entry.item.kind} ${entry.item.id}`)),
    )
    .map(({ item }) => item);
}

/** Cuts between instants, so that whoever goes on from the next one misses nothing. */
function cutPage(sorted: readonly Entry[]): { entries: readonly Entry[]; next?: EpochMs } {
  const next = firstBeyond(sorted)?.item.at;
  if (next === undefined) return { entries: sorted };
  const before = sorted.filter(({ item }) => item.at < next);
  if (before.length > 0) return { entries: before, next };
  return { entries: sorted.filter(({ item }) => item.at === next).slice(0, MAX_ITEMS), next: next + 1 };
}

/** Returns the first entry that is one too many, or whose audience is one too many to count. */
function firstBeyond(sorted: readonly Entry[]): Entry | undefined {
  const audiences = new Set<string>();
  return sorted.find(({ sender, recipients }, index) => {
    if (recipients === undefined) audiences.add(audienceName(sender.audience));
    return index >= MAX_ITEMS || audiences.size > MAX_AUDIENCES;
  });
}

interface SenderStatus {
  sender: Sender;
  status: string;
}

function livePlans({ snapshot, pointer }: { snapshot: Snapshot; pointer: Pointer }): SenderStatus[] {
  const { campaigns = {}, journeys } = pointer;
  return liveSenders(snapshot).map((sender) => {
    const isPaused = (sender.kind === 'campaign' ? campaigns : journeys)[sender.id] !== undefined;
    return { sender, status: isPaused ? 'paused' : sender.kind === 'campaign' ? 'scheduled' : 'published' };
  });
}

const DRAFTS: readonly Status[] = ['draft', 'submitted', 'approved'];

/** Newest versions that are not published, with times of their own. */
async function draftPlans(deps: ScheduleDeps): Promise<SenderStatus[]> {
  const [campaigns, journeys] = [await draftsOf(deps, 'campaigns'), await draftsOf(deps, 'journeys')];
  const found = await mapWithConcurrency(
    CONCURRENCY,
    [
      ...campaigns.map((draft) => ({ ...draft, kind: 'campaigns' as const })),
      ...journeys.map((draft) => ({ ...draft, kind: 'journeys' as const })),
    ],
    async ({ kind, id, head }): Promise<SenderStatus[]> => {
      const sender = await draftSender(deps, kind, id, head);
      return sender?.times === undefined ? [] : [{ sender, status: head.status }];
    },
  );
  return found.flat();
}

async function draftsOf({ definitions }: ScheduleDeps, kind: LifecycleName): Promise<{ id: string; head: Head }[]> {
  const drafts: { id: string; head: Head }[] = [];
  let after: string | undefined;
  for (let read = 0; read < MAX_DRAFTS_AMONG; read += PAGE) {
    const { items, next } = await definitions.list(kind, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    drafts.push(...items.filter(({ head }) => DRAFTS.includes(head.status)));
    if (next === undefined) break;
    after = next;
  }
  return drafts;
}

async function draftSender(
  { definitions }: ScheduleDeps,
  kind: LifecycleName,
  id: string,
  { latest, pins }: Head,
): Promise<Sender | undefined> {
  if (kind === 'campaigns') {
    const version = await definitions.version(kind, id, latest);
    return version && senderOfCampaign(id, version.definition, pins);
  }
  const version = await definitions.version(kind, id, latest);
  return version && senderOfJourney(id, version.definition, pins);
}

/** Occurrences that have begun, also of campaigns without times. */
async function begunOccurrences(
  { occurrences }: ScheduleDeps,
  sender: Sender,
  { from, to }: { from: EpochMs; to: EpochMs },
): Promise<Entry[]> {
  if (sender.kind !== 'campaign') return [];
  const { items } = await occurrences.list(sender.id, { limit: MAX_OF_ONE });
  return items
    .filter(({ at }) => at >= from && at <= to)
    .map(({ at, date, status, counts, audience }) => {
      const isNamed = audience !== undefined && 'profiles' in audience;
      const own = { ...sender, audience: isNamed ? sender.audience : (audience ?? sender.audience) };
      const segment = isNamed ? undefined : segmentOf(own.audience);
      const item = { at, id: sender.id, kind: sender.kind, channels: [], ...(date === undefined ? {} : { date }) };
      return {
        sender: own,
        item: segment === undefined ? item : { ...item, segment },
        status,
        recipients: counts?.recipients ?? (isNamed ? audience.profiles : undefined),
      };
    });
}
