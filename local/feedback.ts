import * as z from 'zod';
import { messageStore } from '../adapters/dynamo/messages.ts';
import { profileStore } from '../adapters/dynamo/profiles.ts';
import { DomainError, invalidAt } from '../engine/errors.ts';
import { parse } from '../runtime/http/validation.ts';
import { AnswerSchema, answered, reportOf } from './receipts/registry.ts';
import { KINDS, type Report } from './receipts/report.ts';
import type { Cloud } from './running-cloud.ts';
import { notification } from './sns-notification.ts';

const FeedbackSchema = z.union([
  z.strictObject({ messageId: z.string(), kind: z.enum(KINDS), machine: z.boolean().optional() }),
  AnswerSchema,
]);

/** Has providers and customers report what became of a message, or answer one. */
export async function reportFeedback(cloud: Cloud, body: unknown): Promise<void> {
  const said = parse(FeedbackSchema, body, 'body');
  await report(cloud, 'channel' in said ? answered(said) : await reportFor(cloud, said));
}

interface Asked {
  messageId: string;
  kind: (typeof KINDS)[number];
  machine?: boolean;
}

async function reportFor(cloud: Cloud, { messageId, kind, machine }: Asked): Promise<Report> {
  const { clock, tables } = cloud;
  const messages = messageStore(tables.client, tables.named('messages'));
  const profiles = profileStore(tables.client, tables.named('profiles'));
  const row = await messages.get(messageId);
  if (row === undefined) throw new DomainError({ code: 'not-found', detail: `There is no message ${messageId}.` });
  const item = cloud.outbox.items.findLast((one) => one.messageId === messageId);
  if (item === undefined) throw invalidAt('/messageId', 'No provider was handed that message.');
  const identity = (await profiles.home(row.profile)).profile?.identity;
  const user = identity?.kind === 'anonymous' ? { anonymousId: identity.id } : { userId: identity?.id };
  const said = reportOf({ kind, message: row, item, machine: machine === true, now: clock.now(), user });
  if (said === undefined)
    throw invalidAt('/kind', `A message by ${row.channel ?? 'no channel'} is never reported as ${kind}.`);
  return said;
}

async function report(cloud: Cloud, said: Report): Promise<void> {
  if ('topic' in said) return publish(cloud, said.topic, said.body);
  if ('track' in said) {
    await fetch(`${cloud.url}/v1/track`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('dev:')}`, 'content-type': 'application/json' },
      body: JSON.stringify(said.track),
    });
  } else if ('get' in said) {
    const agent = said.machine
      ? 'Mozilla/5.0 (compatible; LinkScanner/1.0; bot)'
      : 'Mozilla/5.0 (Linux; Android 15) Chrome';
    await fetch(here(cloud, said.get), { redirect: 'manual', headers: { 'user-agent': agent } });
  } else {
    await fetch(here(cloud, said.post), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'List-Unsubscribe=One-Click',
    });
  }
}

/** Replaces the origin: a message of an earlier start may contain another port. */
const here = ({ url: origin }: Cloud, url: string): string => `${origin}${new URL(url).pathname}`;

/** SNS: sends to every queue that the templates subscribe to the topic. */
async function publish(cloud: Cloud, topic: string, body: Record<string, unknown>): Promise<void> {
  const subscriptions = cloud.template
    .of('AWS::SNS::Subscription')
    .filter(({ properties }) => properties.Protocol === 'sqs' && String(properties.TopicArn).endsWith(`-${topic}`));
  if (subscriptions.length === 0) throw new Error(`no queue is subscribed to the topic ${topic}`);
  for (const { properties } of subscriptions) {
    const message = notification(String(properties.TopicArn), body, cloud.clock.now());
    await cloud.queues.put(String(properties.Endpoint), message);
  }
}
