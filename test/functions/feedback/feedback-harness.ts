import { readFileSync } from 'node:fs';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { vi } from 'vitest';
import * as z from 'zod';
import { RECORD } from '../../../adapters/dynamo/addresses.ts';
import { catalogStore } from '../../../adapters/dynamo/catalog.ts';
import { messageStore } from '../../../adapters/dynamo/messages.ts';
import { addressKey } from '../../../adapters/dynamo/profile-items.ts';
import { profileStore } from '../../../adapters/dynamo/profiles.ts';
import { readFeedback } from '../../../adapters/sns/feedback.ts';
import { NotificationSchema } from '../../../adapters/sns/notification.ts';
import type { Addresses, Channel } from '../../../core/channels/registry.ts';
import type { CairnEvent, EventsMessage } from '../../../core/events/event.ts';
import { messageIdOf, profileKeyOfUser } from '../../../core/ids.ts';
import { statusOf } from '../../../core/messages/message.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { addressesOf as refsOf } from '../../../core/profiles/address-record.ts';
import { statusOf as statusOfAddress } from '../../../core/sending/choose-channel.ts';
import { handleFeedback } from '../../../engine/messages/handle-feedback.ts';
import type { ReceiptDeps } from '../../../engine/messages/record-receipt.ts';
import type { Outgoing } from '../../../engine/ports.ts';
import { queueHandler } from '../../../runtime/handlers/queue-handler.ts';
import { countedByChannel } from '../../../runtime/wiring/channel-metrics.ts';
import { TABLES } from '../../protocols/tables.ts';

export const NOW = Date.parse('2026-11-03T01:00:00.000Z');
const SENT_AT = Date.parse('2026-11-02T01:00:00.000Z');
const MINUTE = 60_000;
/** Addresses of the fixtures' recipients. */
export const EMAIL = 'wei.chen@example.com';
export const PHONE = '+8613800138000';

/** A provider's record; `$message` and the like are put in. */
export function fixture(name: string, values: Record<string, string> = {}): string {
  let text = readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8');
  for (const [key, value] of Object.entries(values))
    text = text.replaceAll(`$${key}`, () => JSON.stringify(value).slice(1, -1));
  return text;
}

/** As SNS puts it on the queue. */
export const notified = (inner: string, Timestamp?: string): string =>
  JSON.stringify({
    ...(JSON.parse(fixture('sns-notification')) as object),
    Message: inner,
    ...(Timestamp === undefined ? {} : { Timestamp }),
  });

/** Counts across all harnesses, because they share the tables. */
let serial = 0;

/** The function's own bundle and work over a DynamoDB stand-in; what it queues is kept in lists. */
export function harness(client: DynamoDBDocumentClient) {
  const sqs = mockClient(SQSClient);
  sqs.on(SendMessageCommand).resolves({});
  const messages = messageStore(client, TABLES.messages);
  const profiles = profileStore(client, TABLES.profiles);
  const clock = { now: NOW };
  const events: CairnEvent[] = [];
  const metricEvents: MetricEvent[] = [];
  const warnings: string[] = [];
  const silent = () => undefined;
  let fails = 0;
  const deps: ReceiptDeps = {
    messages,
    profiles,
    catalog: catalogStore(client, { table: TABLES.catalog, pointerMaxAgeMs: 0, clock: () => clock.now }),
    events: {
      send: async (sent: Outgoing[]) => {
        if (fails > 0) {
          fails -= 1;
          throw new Error('the queue does not answer');
        }
        events.push(...sent.flatMap(({ body }) => (body as EventsMessage).events));
      },
    },
    metricEvents: countedByChannel(
      {
        publish: async (sent) => {
          metricEvents.push(...sent);
        },
      },
      { METRICS_NAMESPACE: 'Cairn/cairn' },
    ),
    clock: () => clock.now,
    log: { debug: silent, info: silent, warn: (message) => warnings.push(message), error: silent },
  };
  vi.stubEnv('DEAD_LETTER_QUEUE_URL', 'https://sqs.eu-west-1.amazonaws.com/444455556666/cairn-feedback-dlq');
  const handler = queueHandler({
    env: z.object({}),
    body: NotificationSchema,
    build: () => deps,
    async handle(receiptDeps, notification) {
      const feedback = readFeedback(notification);
      if (feedback !== undefined) await handleFeedback(receiptDeps, feedback);
    },
  });

  return {
    deps,
    clock,
    events,
    metricEvents,
    warnings,

    /** After each test: clients and environment are as before. */
    leave(): void {
      sqs.restore();
      vi.unstubAllEnvs();
    },

    /** The next calls of the events' queue fail. */
    failEvents(times: number): void {
      fails = times;
    },

    /** Returns the messages on the dead-letter queue, with their causes. */
    deadLetters: () =>
      sqs.commandCalls(SendMessageCommand).map(({ args }) => ({
        body: args[0].input.MessageBody,
        cause: args[0].input.MessageAttributes?.cause?.StringValue,
      })),

    /** One batch of the queue `feedback`; the answer names the records that shall come again, by their places. */
    async deliver(...bodies: string[]): Promise<number[]> {
      const Records = bodies.map((body, index) => recordOf(body, index));
      const answer = (await handler({ Records } as SQSEvent, {} as never)) as {
        batchItemFailures: { itemIdentifier: string }[];
      };
      return answer.batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier));
    },

    /** A customer whose message went out by that channel. */
    async sent(channel: Channel, addresses: Addresses = addressesOf()): Promise<string> {
      serial += 1;
      await this.forget(addresses);
      const profile = await this.customer(`customer-${serial}`, addresses);
      return this.sentTo(profile, channel);
    },

    /** The tests share the tables, and records of addresses outlive their customers. */
    async forget(addresses: Addresses): Promise<void> {
      for (const ref of refsOf(addresses)) {
        const Key = { pk: addressKey(ref), sk: RECORD };
        await client.send(new DeleteCommand({ TableName: TABLES.profiles, Key }));
      }
    },

    async customer(id: string, addresses: Addresses = addressesOf()): Promise<string> {
      const profile = profileKeyOfUser(id);
      await profiles.updateProfile(profile, undefined, {
        identity: { kind: 'user', id },
        pv: 1,
        traits: {},
        addresses,
      });
      return profile;
    },

    async moved(...change: Parameters<typeof profiles.updateProfile>): Promise<void> {
      if (!(await profiles.updateProfile(...change))) throw new Error('refused');
    },

    async sentTo(
      profile: string,
      channel: Channel,
      { at = SENT_AT, state = 'sent' }: { at?: number; state?: 'sending' | 'sent' | 'unknown' } = {},
    ): Promise<string> {
      serial += 1;
      const id = messageIdOf({ entry: `run-${serial}`, profile }, at, 'notify', 1);
      const source = { kind: 'journey' as const, id: 'ask', version: 1, node: 'notify', run: 'a-run' };
      const template = { id: 'news', version: 1 };
      const request = { message: id, profile, template, source, at };
      const links = ['https://shop.example/offer?x=1'];
      const draft = { id, profile, channel, template, source, at, request, topic: undefined, links };
      await messages.take(draft, 'owner', at, at + MINUTE);
      if (state === 'sent') await this.hasSent(id, channel);
      if (state === 'unknown') await messages.unknown(id, 'owner', at + MINUTE, 'no answer');
      return id;
    },

    /** The sender notes that the provider has it. */
    async hasSent(id: string, channel: Channel = 'email'): Promise<void> {
      await messages.sent(id, 'owner', SENT_AT + 100, channel, 'provider-id');
    },

    async status(message: string): Promise<string> {
      const row = await messages.get(message);
      return row === undefined ? 'none' : statusOf(row);
    },

    async address(message: string, kind: 'email' | 'sms'): Promise<string | undefined> {
      const row = await messages.get(message);
      const address = (await profiles.home(row?.profile ?? '')).profile?.addresses[kind];
      return (
        address &&
        statusOfAddress(address, kind, await profiles.addressRecords([{ channel: kind, value: address.value }]))
      );
    },

    async consent(profile: string, key: string): Promise<boolean | undefined> {
      return (await profiles.home(profile)).consents[key]?.granted;
    },
  };
}

const addressesOf = (): Addresses => ({
  email: { value: EMAIL, status: 'ok' },
  sms: { value: PHONE, status: 'ok' },
});

function recordOf(body: string, index: number): SQSRecord {
  return {
    messageId: String(index),
    receiptHandle: `receipt-${index}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(NOW),
      SenderId: 'AIDAIT2UOQQY3AUEKVGXU',
      ApproximateFirstReceiveTimestamp: String(NOW),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:444455556666:cairn-feedback',
    awsRegion: 'eu-west-1',
  };
}
