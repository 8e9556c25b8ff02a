import { setTimeout as delay } from 'node:timers/promises';
import { realNow } from '../local/clock.ts';
import type { Outbox } from '../local/providers/outbox.ts';
import type { Cloud } from '../local/running-cloud.ts';
import { call, identify, postAll, postBatch } from './api-client.ts';
import { draft, identifyRecipients, publish, submit } from './campaign.ts';
import { followMemory } from './memory-use.ts';
import { ONE_SMS, publishOneSms } from './workload.ts';

export interface CampaignSpeed {
  /** From `publish` until the audience was frozen. */
  freezeSeconds: number;
  /** From then until the last message was handed to the provider. */
  perSecond: number;
  /** From the request for a code amid the campaign until the provider had it: the slowest. */
  codeMs: number;
  /** The same, from the event that starts a journey of one SMS. */
  journeyMs: number;
  /** Processor time of the whole process for 1,000 recipients, from `publish` on. */
  cpuSeconds: number;
  /** Just before `publish`, when each of `SHARES` was sent, and the largest that was seen from `publish` on. */
  restingMegabytes: number;
  shareMegabytes: number[];
  rssMegabytes: number;
}

/** Shares of the recipients who have it when somebody asks for a code, and somebody else orders. */
const SHARES = [0.25, 0.5, 0.75];
const urgentUser = (index: number) => `in-a-hurry-${index}`;
const URGENT_PHONES = '+86137000000';
const phoneOf = (index: number): string => `${URGENT_PHONES}${String(index).padStart(2, '0')}`;
const POLL_MS = 20;
/** Every message takes less. */
const MAX_MS = 100;
const QUIET_MS = 120_000;

/** How fast a campaign of one SMS is, on a real clock; amid it codes are asked for, and journeys send. */
export async function speedOfCampaign(cloud: Cloud, recipients: number): Promise<CampaignSpeed> {
  await draft(cloud);
  await publishOneSms(cloud);
  const hurried = Array.from({ length: 2 * (1 + SHARES.length) }, (_, index) => index);
  await postAll(
    cloud,
    hurried.map((index) => identify(urgentUser(index), { phone: phoneOf(index) })),
  );
  const rest = async () => {
    if (!(await cloud.time.becomesIdle(QUIET_MS))) throw new Error('does not come to rest');
  };
  await identifyRecipients(cloud, recipients, rest);
  await rest();
  // First ones, so that functions and definitions are loaded.
  await askForCode(cloud, 0);
  await order(cloud, 1);
  await submit(cloud);
  await rest();

  const handed = followOutbox(cloud.outbox);
  const sent = untilSent(handed, recipients);
  const memory = followMemory();
  const restingMegabytes = rssNow();
  const shareMegabytes: number[] = [];
  const cpu = process.cpuUsage();
  await publish(cloud);
  const published = realNow();
  const asked = new Map<string, number>();
  for (const [index, share] of SHARES.entries()) {
    await sent(Math.ceil(recipients * share));
    shareMegabytes.push(rssNow());
    const [code, ordered] = [2 * (1 + index), 2 * (1 + index) + 1];
    asked.set(phoneOf(code), realNow());
    await askForCode(cloud, code);
    asked.set(phoneOf(ordered), realNow());
    await order(cloud, ordered);
  }
  await sent(recipients + asked.size);
  const { user, system } = process.cpuUsage(cpu);
  const rssMegabytes = memory.stop();
  const handedAt = handed.stop();
  const slowest = (first: number) =>
    Math.max(
      ...SHARES.map((_, index) => phoneOf(2 * (1 + index) + first)).map(
        (to) => (handedAt.get(to) ?? 0) - (asked.get(to) ?? 0),
      ),
    );
  const startedAt = await startOf(cloud);
  let last = startedAt;
  for (const [to, at] of handedAt) if (!asked.has(to)) last = Math.max(last, at);
  return {
    freezeSeconds: (startedAt - published) / 1000,
    perSecond: recipients / ((last - startedAt) / 1000),
    codeMs: slowest(0),
    journeyMs: slowest(1),
    cpuSeconds: (user + system) / 1000 / recipients,
    restingMegabytes,
    shareMegabytes,
    rssMegabytes,
  };
}

const rssNow = (): number => process.memoryUsage.rss() / 1024 / 1024;

/** Follows which messages the provider gets: of many, the outbox keeps the last only. `stop` returns when each address was sent to. */
function followOutbox(outbox: Outbox): { count: () => number; stop: () => Map<string, number> } {
  const handedAt = new Map<string, number>();
  let latest = outbox.items.at(-1);
  const look = () => {
    const seen = latest === undefined ? -1 : outbox.items.lastIndexOf(latest);
    for (const { at, to } of outbox.items.slice(seen + 1)) handedAt.set(String(to), Date.parse(at));
    latest = outbox.items.at(-1);
  };
  const timer = setInterval(look, POLL_MS);
  return {
    count: () => handedAt.size,
    stop() {
      clearInterval(timer);
      look();
      return handedAt;
    },
  };
}

/** Waits until so many messages have been handed over. */
function untilSent({ count }: { count: () => number }, recipients: number): (wanted: number) => Promise<void> {
  const deadline = realNow() + 60_000 + recipients * MAX_MS;
  return async (wanted) => {
    while (count() < wanted) {
      if (realNow() > deadline) throw new Error(`${count()} messages, not ${wanted}`);
      await delay(POLL_MS);
    }
  };
}

const askForCode = (cloud: Cloud, index: number): Promise<void> =>
  call(cloud, 'marketer', 'POST', '/v1/messages', { profileId: urgentUser(index), template: 'code' });
const order = (cloud: Cloud, index: number): Promise<void> => postBatch(cloud, [ONE_SMS.startEvent(urgentUser(index))]);

/** When the occurrence's audience was frozen. */
async function startOf(cloud: Cloud): Promise<number> {
  const token = await cloud.issuer.token('viewer', ['viewer']);
  const response = await fetch(`${cloud.url}/v1/campaigns/spring/occurrences`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { items } = (await response.json()) as { items: { startedAt?: string }[] };
  return Date.parse(items[0]?.startedAt ?? '');
}
