import { setTimeout as delay } from 'node:timers/promises';
import { realNow } from '../local/clock.ts';
import type { OutboxItem } from '../local/providers/outbox.ts';
import type { Cloud } from '../local/running-cloud.ts';
import { draft, meet, publish, submit } from './campaign.ts';
import { followMemory } from './memory-use.ts';
import { call, identify, postAll } from './people.ts';

export interface CampaignSpeed {
  /** From `publish` until the audience was frozen. */
  freezeSeconds: number;
  /** From then until the last message was handed to the provider. */
  perSecond: number;
  /** From the request for a code amid the campaign until the provider had it. */
  codeMs: number;
  /** The largest that was seen. */
  rssMegabytes: number;
}

/** The phone of whoever asks for a code. */
const HURRIED = '+8613700000000';
const LOOKED_MS = 20;
/** Every message takes less. */
const MAX_MS = 100;
const QUIET_MS = 120_000;

/** How fast a campaign of one SMS is, on a real clock; a code is asked for when a quarter has been sent. */
export async function speedOfCampaign(cloud: Cloud, recipients: number): Promise<CampaignSpeed> {
  await draft(cloud);
  await postAll(cloud, [identify('in-a-hurry', { phone: HURRIED })]);
  const rest = async () => {
    if (!(await cloud.time.quiet(QUIET_MS))) throw new Error('does not come to rest');
  };
  await meet(cloud, recipients, rest);
  await rest();
  // A first code, so that functions and definitions are loaded.
  await askForCode(cloud);
  await submit(cloud);
  await rest();

  const before = cloud.outbox.items.length;
  const deadline = realNow() + 60_000 + recipients * MAX_MS;
  const sent = async (count: number) => {
    while (cloud.outbox.items.length - before < count) {
      if (realNow() > deadline) throw new Error(`${cloud.outbox.items.length - before} messages, not ${count}`);
      await delay(LOOKED_MS);
    }
  };
  const memory = followMemory();
  await publish(cloud);
  const published = realNow();
  await sent(Math.ceil(recipients / 4));
  const asked = realNow();
  await askForCode(cloud);
  await sent(recipients + 1);
  const rssMegabytes = memory.stop();
  const items = cloud.outbox.items.slice(before);
  const handedOver = (isOne: (item: OutboxItem) => boolean) =>
    Math.max(...items.filter(isOne).map(({ at }) => Date.parse(at)));
  const startedAt = await startOf(cloud);
  const last = handedOver(({ to }) => to !== HURRIED);
  return {
    freezeSeconds: (startedAt - published) / 1000,
    perSecond: recipients / ((last - startedAt) / 1000),
    codeMs: handedOver(({ to }) => to === HURRIED) - asked,
    rssMegabytes,
  };
}

const askForCode = (cloud: Cloud): Promise<void> =>
  call(cloud, 'marketer', 'POST', '/v1/messages', { profileId: 'in-a-hurry', template: 'code' });

/** When the occurrence's audience was frozen. */
async function startOf(cloud: Cloud): Promise<number> {
  const token = await cloud.issuer.token('viewer', ['viewer']);
  const response = await fetch(`${cloud.url}/v1/campaigns/spring/occurrences`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { items } = (await response.json()) as { items: { startedAt?: string }[] };
  return Date.parse(items[0]?.startedAt ?? '');
}
