import type { Channel } from '../../../core/channels.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import type { EpochMs, MessageId, ProfileKey } from '../../../core/ids.ts';
import { messageFact } from '../../../core/measuring/fact.ts';
import type { Message, Receipt } from '../../../core/messages/message.ts';
import { foldConsents } from '../../../core/profiles/consent.ts';
import type { ConsentEntry } from '../../../core/profiles/profile.ts';
import type { CatalogStore } from '../adapters/catalog.dynamo.ts';
import type { Facts } from '../adapters/facts.sqs.ts';
import type { MessageStore } from '../adapters/messages.dynamo.ts';
import type { ProfileStore } from '../adapters/profiles.dynamo.ts';
import type { Queue } from '../adapters/queue.sqs.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { tellProfile } from './tell.ts';

export interface ReceiveDeps {
  messages: Pick<MessageStore, 'get' | 'receive' | 'byProfile' | 'getAll'>;
  profiles: Pick<ProfileStore, 'home' | 'addConsents' | 'markAddress' | 'byAddress' | 'mergedKeys'>;
  catalog: Pick<CatalogStore, 'snapshot'>;
  events: Pick<Queue, 'send'>;
  facts: Facts;
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
  /** Which address that is, where the provider says so: the customer may have another by now. */
  to?: string;
}

/**
 * A receipt about a message: its row decides whether it is new, and only then it is counted; what tells of the customer takes the event
 * road under an id that makes a repeat one. At least once, in any order.
 */
export async function receive(deps: ReceiveDeps, received: Received): Promise<void> {
  const message = await deps.messages.get(received.message);
  if (message === undefined) {
    deps.log.warn('receipt of an unknown message', { messageId: received.message, receipt: received.receipt });
    return;
  }
  await keep(deps, message, received);
  if (received.address !== undefined) await mark(deps, message, received.address, received.to);
  const { snapshot } = await deps.catalog.snapshot();
  const more = {
    ...(received.link === undefined ? {} : { link: received.link }),
    ...(received.machine ? { machine: true } : {}),
  };
  await tellProfile(deps, snapshot, message, received.receipt, received.at, more);
}

/** The row, and the count where it is new. */
async function keep(deps: ReceiveDeps, message: Message, { receipt, at, machine, detail }: Received): Promise<void> {
  const entry = {
    at,
    ...(message.channel === undefined ? {} : { channel: message.channel }),
    ...(detail === undefined ? {} : { detail }),
  };
  const isNew = await deps.messages.receive(message.id, receipt, machine ? { ...entry, machine: true } : entry);
  if (isNew) await deps.facts.tell([messageFact(message, machine ? `${receipt}:machine` : receipt, at)]);
}

async function mark(deps: ReceiveDeps, message: Message, status: 'bad' | 'suppressed', to?: string): Promise<void> {
  const { channel } = message;
  if (channel === undefined || channel === 'push') return;
  const value = (await deps.profiles.home(message.profile)).profile?.addresses[channel]?.value;
  if (to !== undefined && to.toLowerCase() !== value?.toLowerCase()) return;
  if (value !== undefined) await deps.profiles.markAddress(message.profile, channel, value, status);
}

/** Somebody says no to (or yes again to) all marketing of a channel. What was said of its topics is asked again only with a yes. */
export async function optOut(
  deps: ReceiveDeps,
  profile: ProfileKey,
  channel: Channel,
  entry: ConsentEntry,
): Promise<void> {
  const entries = [{ key: channel, entry }];
  await deps.profiles.addConsents(profile, entries, (now) => foldConsents(now, entries));
}

/** Everybody who has the number: families share one, and no is no. The newest message to it is what the STOP answers. */
export async function stopNumber(
  deps: ReceiveDeps,
  number: string,
  text: string,
  granted: boolean,
  at: EpochMs,
): Promise<void> {
  const owners = await deps.profiles.byAddress('sms', number);
  for (const profile of owners) await optOut(deps, profile, 'sms', { granted, at, source: 'stop', text });
  const newest = granted ? undefined : await newestSms(deps, owners, at);
  if (newest !== undefined) await receive(deps, { message: newest, receipt: 'unsubscribed', at, detail: text });
}

const LOOKED_BACK = 25;

/** Of all who have the number, and before the answer: a repeat finds the same one. */
async function newestSms(deps: ReceiveDeps, owners: ProfileKey[], before: EpochMs): Promise<MessageId | undefined> {
  const sent: Message[] = [];
  for (const profile of owners) {
    const keys = [profile, ...(await deps.profiles.mergedKeys(profile))];
    const { ids } = await deps.messages.byProfile(keys, { limit: LOOKED_BACK });
    const isAnswered = ({ channel, state, at }: Message) =>
      channel === 'sms' && (state === 'sent' || state === 'unknown') && at <= before;
    sent.push(...[...(await deps.messages.getAll(ids)).values()].filter(isAnswered));
  }
  return sent.toSorted((a, b) => b.at - a.at)[0]?.id;
}

/** An app's own report that a push message was opened or clicked: the event itself is on the road already. False: the profile has no such message. */
export async function recordClientFeedback(
  deps: Pick<ReceiveDeps, 'messages' | 'profiles' | 'facts' | 'log'>,
  event: CairnEvent,
  profile: ProfileKey,
): Promise<boolean> {
  const id = event.properties?.messageId;
  const message = typeof id === 'string' ? await deps.messages.get(id) : undefined;
  // Of what went by other channels their providers tell.
  if (message?.channel !== 'push') return false;
  // Nobody reports on another's messages.
  if (message.profile !== profile && (await deps.profiles.home(message.profile)).key !== profile) return false;
  const receipt = event.name === 'Message Clicked' ? 'clicked' : 'opened';
  const entry = { at: event.at, channel: message.channel };
  const isMachine = event.properties?.machine === true;
  const isNew = await deps.messages.receive(message.id, receipt, isMachine ? { ...entry, machine: true } : entry);
  if (isNew) await deps.facts.tell([messageFact(message, isMachine ? `${receipt}:machine` : receipt, event.at)]);
  return true;
}
