import type { Channel } from '../../core/channels.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { MESSAGE_EVENTS } from '../../core/events/system-events.ts';
import type { EpochMs, MessageId, ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Message, Receipt } from '../../core/messages/message.ts';
import { messageProperties } from '../../core/messages/message-events.ts';
import { messageMetricEvent } from '../../core/metrics/metric-event.ts';
import { foldConsents } from '../../core/profiles/consent.ts';
import type { ConsentEntry } from '../../core/profiles/profile.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { MetricEvents } from '../metrics/ports.ts';
import type { Clock, Log, Queue } from '../ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { MessageStore } from './ports.ts';
import { publishMessageEvent } from './publish-message-event.ts';

export interface ReceiptDeps {
  messages: Pick<MessageStore, 'get' | 'receive' | 'byProfile' | 'getAll'>;
  profiles: Pick<
    ProfileStore,
    | 'home'
    | 'addConsents'
    | 'addressRecords'
    | 'markAddress'
    | 'noteDelivery'
    | 'answerNumber'
    | 'byAddress'
    | 'mergedKeys'
  >;
  catalog: Pick<CatalogStore, 'snapshot'>;
  events: Pick<Queue, 'send'>;
  metricEvents: MetricEvents;
  clock: Clock;
  log: Log;
}

export interface Received {
  message: MessageId;
  receipt: Receipt;
  at: EpochMs;
  machine?: boolean;
  detail?: string;
  link?: string;
  /** What it says of the address. */
  address?: 'bad' | 'suppressed';
  /** Which address that is, as the provider says it: the customer may have another by now. */
  to?: string | undefined;
}

/**
 * A receipt about a message: its row decides whether it is new, and only then it is counted; what tells of the customer takes the event
 * road under an id that makes a repeat one. At least once, in any order.
 */
export async function recordReceipt(deps: ReceiptDeps, received: Received): Promise<void> {
  const message = await deps.messages.get(received.message);
  if (message === undefined) {
    deps.log.warn('receipt of an unknown message', { messageId: received.message, receipt: received.receipt });
    return;
  }
  await keep(deps, message, received);
  await noteAddress(deps, message, received);
  const { snapshot } = await deps.catalog.snapshot();
  const more = {
    ...(received.link === undefined ? {} : { link: received.link }),
    ...(received.machine ? { machine: true } : {}),
  };
  await publishMessageEvent(deps, snapshot, message, received.receipt, received.at, more);
}

/** The row, and the count where it is new. */
async function keep(deps: ReceiptDeps, message: Message, { receipt, at, machine, detail }: Received): Promise<void> {
  const entry = {
    at,
    ...(message.channel === undefined ? {} : { channel: message.channel }),
    ...(detail === undefined ? {} : { detail }),
  };
  const isNew = await deps.messages.receive(message.id, receipt, machine ? { ...entry, machine: true } : entry);
  if (isNew)
    await deps.metricEvents.publish([messageMetricEvent(message, machine ? `${receipt}:machine` : receipt, at)]);
}

/** What a receipt says of the address binds whoever has it, now or later. */
async function noteAddress(deps: ReceiptDeps, message: Message, received: Received): Promise<void> {
  const { channel } = message;
  const { address, receipt, at, detail } = received;
  if (channel === undefined || channel === 'push' || (address === undefined && receipt !== 'delivered')) return;
  const value = received.to ?? (await deps.profiles.home(message.profile)).profile?.addresses[channel]?.value;
  if (value === undefined) return;
  if (address === undefined) await deps.profiles.noteDelivery({ channel, value }, at);
  else await deps.profiles.markAddress({ channel, value }, address, at, detail ?? receipt);
}

/** Somebody says no to (or yes again to) all marketing of a channel. What was said of its topics is asked again only with a yes. */
export async function optOut(
  deps: ReceiptDeps,
  profile: ProfileKey,
  channel: Channel,
  entry: ConsentEntry,
): Promise<void> {
  const entries = [{ key: channel, entry }];
  await deps.profiles.addConsents(profile, entries, (now) => foldConsents(now, entries));
}

/** Owners of a number that are worked at a time. */
const CONCURRENCY = 8;

/**
 * The number itself first, which binds whoever gets it later; then everybody who has it: families share one, and no is no. The newest message
 * to it is what the STOP answers.
 */
export async function stopNumber(
  deps: ReceiptDeps,
  number: string,
  text: string,
  granted: boolean,
  at: EpochMs,
): Promise<void> {
  await deps.profiles.answerNumber(number, granted, at);
  const owners = await ownersOf(deps, number);
  await mapWithConcurrency(CONCURRENCY, owners, (profile) =>
    optOut(deps, profile, 'sms', { granted, at, source: 'stop', text }),
  );
  const newest = granted ? undefined : await newestSms(deps, owners, at);
  if (newest !== undefined) await recordReceipt(deps, { message: newest, receipt: 'unsubscribed', at, detail: text });
}

async function ownersOf(deps: ReceiptDeps, number: string): Promise<ProfileKey[]> {
  const owners = new Set<ProfileKey>();
  let cursor: string | undefined;
  do {
    const { keys, next } = await deps.profiles.byAddress('sms', number, { limit: PAGE, cursor });
    for (const key of keys) owners.add(key);
    cursor = next;
  } while (cursor !== undefined);
  return [...owners];
}

const PAGE = 100;
const LOOKED_BACK = 25;

/** Of all who have the number, and before the answer: a repeat finds the same one. */
async function newestSms(deps: ReceiptDeps, owners: ProfileKey[], before: EpochMs): Promise<MessageId | undefined> {
  const isAnswered = ({ channel, state, at }: Message) =>
    channel === 'sms' && (state === 'sent' || state === 'unknown') && at <= before;
  const sent = await mapWithConcurrency(CONCURRENCY, owners, async (profile) => {
    const keys = [profile, ...(await deps.profiles.mergedKeys(profile)).keys];
    const { ids } = await deps.messages.byProfile(keys, { limit: LOOKED_BACK });
    return [...(await deps.messages.getAll(ids)).values()].filter(isAnswered);
  });
  return sent.flat().toSorted((a, b) => b.at - a.at)[0]?.id;
}

/**
 * An app's own report that a push message was opened or clicked: the event itself is on the road already, and says of the message what its row
 * says, whatever the app has put there. Undefined: the profile has no such message.
 */
export async function recordClientFeedback(
  deps: Pick<ReceiptDeps, 'messages' | 'profiles' | 'metricEvents' | 'log'>,
  event: CairnEvent,
  profile: ProfileKey,
): Promise<CairnEvent | undefined> {
  const id = event.properties?.messageId;
  const message = typeof id === 'string' ? await deps.messages.get(id) : undefined;
  // Of what went by other channels their providers tell.
  if (message?.channel !== 'push') return undefined;
  // Nobody reports on another's messages.
  if (message.profile !== profile && (await deps.profiles.home(message.profile)).key !== profile) return undefined;
  const receipt = event.name === MESSAGE_EVENTS.clicked.name ? 'clicked' : 'opened';
  const entry = { at: event.at, channel: message.channel };
  const isMachine = event.properties?.machine === true;
  const isNew = await deps.messages.receive(message.id, receipt, isMachine ? { ...entry, machine: true } : entry);
  if (isNew)
    await deps.metricEvents.publish([
      messageMetricEvent(message, isMachine ? `${receipt}:machine` : receipt, event.at),
    ]);
  return { ...event, properties: { ...event.properties, ...messageProperties(message) } };
}
