import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { messageKey } from '../adapters/dynamo/message-items.ts';
import { CHANNELS, type Channel } from '../core/channels/registry.ts';
import { reportFeedback } from '../local/feedback.ts';
import type { Cloud } from '../local/running-cloud.ts';
import { call, identify, postAll, track } from './api-client.ts';
import { itemBytes } from './item-bytes.ts';
import { isReading, type Meter } from './meter.ts';

/** Calls to DynamoDB for a message, from its request on a sender's queue until it is sent, and those that its first receipt adds. */
export interface MessageCost {
  channel: Channel;
  writeUnits: number;
  /** Write units by call and table. */
  each: Record<string, number>;
  /** The largest row at `sent`. */
  rowBytes: number;
  /** Absent: no provider and no app reports on the channel. */
  receipt?: { writeUnits: number; rowBytes: number };
}

const COUNT = 400;
const COUNTERS = 'cairn-record-metrics';
/** The first report of a message, and the function that takes it. */
const RECEIPTS: Partial<Record<Channel, { kind: 'delivered' | 'opened'; by: string }>> = {
  sms: { kind: 'delivered', by: 'cairn-feedback' },
  email: { kind: 'delivered', by: 'cairn-feedback' },
  push: { kind: 'opened', by: 'cairn-process-events' },
};
const CONTENT: Record<Channel, object> = {
  sms: { text: '{{ profile.name }}: {{ data.sku }}, https://example.com/{{ data.sku }}' },
  email: {
    subject: '{{ data.sku }}',
    html: '<p>{{ profile.name }}</p><a href="https://example.com/{{ data.sku }}">{{ data.price }}</a>',
  },
  push: { title: '{{ data.sku }}', body: '{{ data.price }} yuan', link: 'https://example.com/kettle' },
  webhook: { body: { to: '{{ profile.id }}', text: '{{ data.sku }}: {{ data.price }}' } },
};

/** Marketing messages of a journey that sends one by each channel: they lie on their queues, and are sent channel by channel. */
export async function costOfMessages(cloud: Cloud, meter: Meter): Promise<MessageCost[]> {
  const users = Array.from({ length: COUNT }, (_, index) => `customer-${index}`);
  await publish(cloud);
  await cloud.time.advance(() => cloud.clock.now() + 60_000);
  await postAll(cloud, ['first', ...users].map(known));
  // A first one, so that versions of definitions are known.
  await postAll(cloud, [ordered('first')]);
  await cloud.time.settle();
  for (const channel of CHANNELS) receives(cloud, senderOf(channel), false);
  await postAll(cloud, users.map(ordered));
  await cloud.time.settle();
  const costs: MessageCost[] = [];
  for (const channel of CHANNELS) costs.push(await costOf(cloud, meter, channel));
  return costs;
}

const senderOf = (channel: Channel): string => `cairn-send-${channel}`;

function receives(cloud: Cloud, name: string, isReceiving: boolean): void {
  if (!cloud.pollers.enable(name, isReceiving)) throw new Error(`there is no ${name}`);
}

/** Has a function work all that lies on its queue, and then the counters in one batch, however busy this machine is. */
async function work(cloud: Cloud, name: string): Promise<void> {
  receives(cloud, COUNTERS, false);
  receives(cloud, name, true);
  await cloud.time.settle();
  receives(cloud, COUNTERS, true);
  await cloud.time.settle();
}

async function costOf(cloud: Cloud, meter: Meter, channel: Channel): Promise<MessageCost> {
  const before = cloud.outbox.items.length;
  meter.reset();
  await work(cloud, senderOf(channel));
  const sent = cloud.outbox.items.slice(before).map(({ messageId }) => messageId);
  if (sent.length !== COUNT) throw new Error(`${sent.length} messages reached the provider, not ${COUNT}`);
  const each = writesOf(meter);
  const cost = { channel, writeUnits: totalOf(each), each, rowBytes: await largest(cloud, sent) };
  const receipt = RECEIPTS[channel];
  if (receipt === undefined) return cost;
  // All reports are there before the first is taken.
  receives(cloud, receipt.by, false);
  for (const messageId of sent) await reportFeedback(cloud, { messageId, kind: receipt.kind });
  meter.reset();
  await work(cloud, receipt.by);
  // An app's report is an event too, which costs what any event does.
  const writes = Object.entries(writesOf(meter)).filter(([name]) => !name.endsWith(' profiles'));
  const writeUnits = totalOf(Object.fromEntries(writes));
  return { ...cost, receipt: { writeUnits, rowBytes: await largest(cloud, sent) } };
}

const totalOf = (each: Record<string, number>): number => Object.values(each).reduce((sum, units) => sum + units, 0);

/** Write units of a message by call and table. */
const writesOf = ({ counts }: Meter): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counts.units).flatMap(([name, units]) => (isReading(name) ? [] : [[name, units / COUNT] as const])),
  );

async function largest(cloud: Cloud, ids: readonly string[]): Promise<number> {
  const TableName = cloud.tables.named('messages');
  const sizes: number[] = [];
  for (const id of ids) {
    const { Item } = await cloud.tables.client.send(new GetCommand({ TableName, Key: messageKey(id) }));
    if (Item?.state !== 'sent') throw new Error(`${id} is ${String(Item?.state)}`);
    sizes.push(itemBytes(Item));
  }
  return Math.max(...sizes);
}

const known = (user: string, index: number) => ({
  ...identify(user, { email: `${user}@example.com`, phone: `+86138${String(index).padStart(8, '0')}` }),
  context: {
    device: { type: 'ios', token: `token-${user}` },
    consent: { categoryPreferences: Object.fromEntries(CHANNELS.map((channel) => [channel, true])) },
  },
});
const ordered = (user: string) => track(user, 'Ordered', { sku: 'kettle', price: 168 });

async function publish(cloud: Cloud): Promise<void> {
  await call(cloud, 'admin', 'PUT', '/v1/settings', {
    topics: ['offers'],
    caps: [{ max: 20, per: 'day' }],
    webhookChannel: { url: `${cloud.url}/_local/receiver` },
  });
  await call(cloud, 'marketer', 'PUT', '/v1/templates/order-offer', {
    class: 'marketing',
    topic: 'offers',
    content: CONTENT,
  });
  const sends = CHANNELS.map((channel, index) => [
    `offer-by-${channel}`,
    {
      type: 'send',
      template: 'order-offer',
      channels: [channel],
      next: CHANNELS[index + 1] === undefined ? 'done' : `offer-by-${CHANNELS[index + 1]}`,
    },
  ]);
  await call(cloud, 'marketer', 'PUT', '/v1/journeys/after-an-order', {
    name: 'After an order',
    owner: 'growth',
    entry: { event: 'Ordered' },
    reentry: 'always',
    start: `offer-by-${CHANNELS[0]}`,
    nodes: { ...Object.fromEntries(sends), done: { type: 'end' } },
  });
  for (const verb of ['submit', 'approve', 'publish'])
    await call(cloud, verb === 'approve' ? 'approver' : 'marketer', 'POST', `/v1/journeys/after-an-order/${verb}`);
}
