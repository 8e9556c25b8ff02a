import { addressesOn, type Channel, kindOf } from '../../core/channels/registry.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { MESSAGE_EVENTS } from '../../core/events/system-events.ts';
import type { EpochMs, MessageId, ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Message } from '../../core/messages/message.ts';
import { messageProperties } from '../../core/messages/message-events.ts';
import { messageMetricEvents, moveEvents } from '../../core/metrics/message-events.ts';
import { recordedBeside } from '../../core/metrics/recorded.ts';
import type { AddressRef } from '../../core/profiles/address-record.ts';
import { foldConsents } from '../../core/profiles/consent.ts';
import type { ConsentEntry } from '../../core/profiles/profile.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { MetricEvents } from '../metrics/ports.ts';
import type { Clock, Log, Queue } from '../ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { MessageStore, Received } from './ports.ts';
import { publishMessageEvent } from './publish-message-event.ts';

export interface ReceiptDeps {
  messages: Pick<MessageStore, 'get' | 'receive' | 'byProfile' | 'getAll'>;
  profiles: Pick<
    ProfileStore,
    | 'home'
    | 'addConsents'
    | 'addressRecords'
    | 'markAddress'
    | 'recordDelivery'
    | 'recordStopReply'
    | 'byAddress'
    | 'mergedKeys'
  >;
  catalog: Pick<CatalogStore, 'snapshot'>;
  events: Pick<Queue, 'send'>;
  metricEvents: MetricEvents;
  clock: Clock;
  log: Log;
}

/**
 * Records a receipt about a message. Only if it is new on the message's row, it is counted. An event about the customer goes to the events queue
 * under an id that makes a repeat the same event. At least once, in any order.
 */
export async function recordReceipt(deps: ReceiptDeps, received: Received): Promise<void> {
  const message = await deps.messages.get(received.message);
  if (message === undefined) {
    deps.log.warn('receipt of an unknown message', { messageId: received.message, receipt: received.receipt });
    return;
  }
  await storeReceipt(deps, message, received);
  await markAddressOf(deps, message, received);
  const { snapshot } = await deps.catalog.snapshot();
  await publishMessageEvent(deps, snapshot, message, {
    status: received.receipt,
    at: received.at,
    ...(received.link === undefined ? {} : { link: received.link }),
    ...(received.machine ? { machine: true } : {}),
  });
}

/** Updates the row, and counts the receipt if it is new. */
async function storeReceipt(
  deps: Pick<ReceiptDeps, 'messages' | 'metricEvents' | 'clock'>,
  message: Message,
  { receipt, at, machine, detail }: Omit<Received, 'message'>,
): Promise<void> {
  const now = deps.clock();
  const recorded = recordedBeside(at, now);
  const entry = {
    at,
    ...recorded,
    ...(message.channel === undefined ? {} : { channel: message.channel }),
    ...(detail === undefined ? {} : { detail }),
  };
  const heard = await deps.messages.receive(message.id, receipt, machine ? { ...entry, machine: true } : entry);
  if (!heard) return;
  const { before, move } = heard;
  // Not as it was read: a click and an open that come at the same time would both be the first sign of interest.
  const found = { ...message, history: before };
  await deps.metricEvents.publish([
    ...messageMetricEvents(found, { metric: receipt, ...(machine ? { machine } : {}), ...recorded }, at),
    ...moveEvents(message, move, now),
  ]);
}

/** Marks the address of a receipt. The mark applies to every profile that has the address, now or later. */
async function markAddressOf(deps: ReceiptDeps, message: Message, received: Received): Promise<void> {
  const { channel } = message;
  const { address, receipt, at, detail } = received;
  if (channel === undefined || (address === undefined && receipt !== 'delivered')) return;
  if (kindOf(channel).address.shape !== 'one') return;
  const value = received.to ?? (await currentAddressOn(deps, message.profile, channel));
  if (value === undefined) return;
  if (address === undefined) await deps.profiles.recordDelivery({ channel, value }, at);
  else await deps.profiles.markAddress({ channel, value }, address, at, detail ?? receipt);
}

async function currentAddressOn(deps: ReceiptDeps, profile: ProfileKey, channel: Channel): Promise<string | undefined> {
  const { profile: read } = await deps.profiles.home(profile);
  return addressesOn(read?.addresses ?? {}, channel)[0]?.value;
}

/** A customer opts out of (or back into) all marketing of a channel. Consents to its topics are asked again only after an opt-in. */
export async function optOut(
  deps: ReceiptDeps,
  profile: ProfileKey,
  channel: Channel,
  entry: ConsentEntry,
): Promise<void> {
  const entries = [{ key: channel, entry }];
  await deps.profiles.addConsents(profile, entries, (now) => foldConsents(now, entries));
}

/** Owners of a number that are processed at a time. */
const CONCURRENCY = 8;

/**
 * STOP or START from an address. The address itself first, which binds whoever gets it later; then everybody who has it: families share one, and
 * no is no. The newest message to it is what the STOP answers.
 */
export async function recordOptOutReply(
  deps: ReceiptDeps,
  ref: AddressRef,
  { granted, at, text }: { granted: boolean; at: EpochMs; text: string },
): Promise<void> {
  const { channel } = ref;
  await deps.profiles.recordStopReply(ref, granted, at);
  const owners = await ownersOf(deps, ref);
  await mapWithConcurrency(CONCURRENCY, owners, (profile) =>
    optOut(deps, profile, channel, { granted, at, source: 'stop', text }),
  );
  const newest = granted ? undefined : await newestOn(deps, channel, owners, at);
  if (newest !== undefined) await recordReceipt(deps, { message: newest, receipt: 'unsubscribed', at, detail: text });
}

async function ownersOf(deps: ReceiptDeps, ref: AddressRef): Promise<ProfileKey[]> {
  const owners = new Set<ProfileKey>();
  let cursor: string | undefined;
  do {
    const { keys, next } = await deps.profiles.byAddress(ref, { limit: PAGE, cursor });
    for (const key of keys) owners.add(key);
    cursor = next;
  } while (cursor !== undefined);
  return [...owners];
}

const PAGE = 100;
const LOOKED_BACK = 25;

/** Returns the newest message to anybody who has the address, sent before the answer: a repeat finds the same one. */
async function newestOn(
  deps: ReceiptDeps,
  by: Channel,
  owners: ProfileKey[],
  before: EpochMs,
): Promise<MessageId | undefined> {
  const isAnswered = ({ channel, state, at }: Message) =>
    channel === by && (state === 'sent' || state === 'unknown') && at <= before;
  const sent = await mapWithConcurrency(CONCURRENCY, owners, async (profile) => {
    const keys = [profile, ...(await deps.profiles.mergedKeys(profile)).keys];
    const { ids } = await deps.messages.byProfile(keys, { limit: LOOKED_BACK });
    return [...(await deps.messages.getAll(ids)).values()].filter(isAnswered);
  });
  return sent.flat().toSorted((a, b) => b.at - a.at)[0]?.id;
}

/**
 * An app's own report that a message was opened or clicked: the event itself is on the events queue already, and says of the message what its row
 * says, whatever the app has put there. Undefined: the profile has no such message.
 */
export async function recordClientFeedback(
  deps: Pick<ReceiptDeps, 'messages' | 'profiles' | 'metricEvents' | 'clock' | 'log'>,
  event: CairnEvent,
  profile: ProfileKey,
): Promise<CairnEvent | undefined> {
  const id = event.properties?.messageId;
  const message = typeof id === 'string' ? await deps.messages.get(id) : undefined;
  // For other channels the providers report, so an app's report is ignored.
  if (message?.channel === undefined || kindOf(message.channel).receipts !== 'app') return undefined;
  // A profile cannot report on another profile's message.
  if (message.profile !== profile && (await deps.profiles.home(message.profile)).key !== profile) return undefined;
  const receipt = event.name === MESSAGE_EVENTS.clicked.name ? 'clicked' : 'opened';
  await storeReceipt(deps, message, { receipt, at: event.at, machine: event.properties?.machine === true });
  return { ...event, properties: { ...event.properties, ...messageProperties(message) } };
}
