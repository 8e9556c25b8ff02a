import type { Cloud } from '../local/running-cloud.ts';
import { call, identify, postAll } from './api-client.ts';
import { type Calls, callsIn } from './calls.ts';
import { type Line, lines } from './cost.ts';
import type { Meter } from './meter.ts';
import { useOf } from './use.ts';

export interface CampaignCost {
  /** Until each page of the audience is written. */
  collecting: Calls;
  /** From there until the last message was sent and counted. */
  sending: Calls;
  lines: Line[];
}

/** People that are made known before their events are worked off. */
const MET_AT_ONCE = 1_000;
const SENDER = 'cairn-send-sms';
const CAMPAIGNS = 'cairn-run-campaign';
const COUNTERS = 'cairn-record-metrics';
const COLLECTED_MS = 60_000;
const TICK_MS = 1_000;

/** Measures a campaign of one SMS, on a virtual clock. */
export async function costOfCampaign(cloud: Cloud, meter: Meter, recipients: number): Promise<CampaignCost> {
  await draft(cloud);
  // The functions read the rules every 5 s, and jobs of a publication visit the profiles after that.
  await pass(cloud, COLLECTED_MS);
  await identifyRecipients(cloud, recipients, async () => {
    await cloud.time.settle();
  });
  await submit(cloud);
  await pass(cloud, COLLECTED_MS);
  meter.reset();
  cloud.lambdas.resetCounts();
  receives(cloud, CAMPAIGNS, false);
  await publish(cloud);
  await pass(cloud, COLLECTED_MS);
  const collecting = callsIn(meter, recipients);
  receives(cloud, CAMPAIGNS, true);
  await sendAll(cloud, recipients);
  const all = callsIn(meter, recipients);
  return { collecting, sending: without(all, collecting), lines: lines(useOf(cloud, meter), 1, 0, recipients) };
}

/** Tick by tick: senders and counters get full batches, as they do where messages come fast, however busy this machine is. */
async function sendAll(cloud: Cloud, recipients: number): Promise<void> {
  // A tick hands over at least 200 while nothing waits.
  for (let ticks = 0; cloud.outbox.items.length < recipients; ticks += 1) {
    if (ticks > 16 + recipients / 200) throw new Error(`${cloud.outbox.items.length} messages, not ${recipients}`);
    receives(cloud, SENDER, false);
    await pass(cloud, TICK_MS);
    receives(cloud, COUNTERS, false);
    receives(cloud, SENDER, true);
    await cloud.time.settle();
    receives(cloud, COUNTERS, true);
    await cloud.time.settle();
  }
  // The tick that finds nobody left.
  await pass(cloud, 10 * TICK_MS);
  if (cloud.outbox.items.length !== recipients)
    throw new Error(`${cloud.outbox.items.length} messages, not ${recipients}`);
}

const pass = (cloud: Cloud, ms: number): Promise<void> => cloud.time.advance(() => cloud.clock.now() + ms);

function receives(cloud: Cloud, name: string, isReceiving: boolean): void {
  if (!cloud.pollers.enable(name, isReceiving)) throw new Error(`there is no ${name}`);
}

function without(all: Calls, part: Calls): Calls {
  const less = (from: Record<string, number>, sums: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(from)
        .map(([name, sum]) => [name, sum - (sums[name] ?? 0)] as const)
        .filter(([, sum]) => sum > 0),
    );
  return { each: less(all.each, part.each), units: less(all.units, part.units), all: all.all - part.all };
}

/** A campaign to all who live in Shanghai, and a code that somebody may ask for. */
export async function draft(cloud: Cloud): Promise<void> {
  // On a real clock it may be night in China.
  await call(cloud, 'admin', 'PUT', '/v1/settings', { topics: ['offers'], floors: [] });
  await call(cloud, 'marketer', 'PUT', '/v1/templates/spring', {
    class: 'marketing',
    topic: 'offers',
    content: { sms: { text: '{{ profile.traits.name }}: new for spring' } },
  });
  await call(cloud, 'marketer', 'PUT', '/v1/templates/code', {
    class: 'transactional',
    content: { sms: { text: 'Your code is 427 105' } },
  });
  await call(cloud, 'marketer', 'PUT', '/v1/campaigns/spring', {
    name: 'Spring',
    audience: { trait: 'city', eq: 'Shanghai' },
    template: 'spring',
    channels: ['sms'],
    at: 'now',
  });
}

/** Once there are people: an audience of nobody is refused. It is planned here, at the most for 1,008 of them. */
export async function submit(cloud: Cloud): Promise<void> {
  await call(cloud, 'marketer', 'POST', '/v1/campaigns/spring/submit');
  await call(cloud, 'approver', 'POST', '/v1/campaigns/spring/approve');
}

export const publish = (cloud: Cloud): Promise<void> => call(cloud, 'marketer', 'POST', '/v1/campaigns/spring/publish');

/** Makes so many people known who want SMS, each with a phone. */
export async function identifyRecipients(cloud: Cloud, count: number, rest: () => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += MET_AT_ONCE) {
    const people = Array.from({ length: Math.min(MET_AT_ONCE, count - from) }, (_, offset) => {
      const index = from + offset;
      return identify(`customer-${index}`, { city: 'Shanghai', phone: phoneOf(index) });
    });
    await postAll(cloud, people);
    await rest();
  }
}

const phoneOf = (index: number): string => `+86138${String(index).padStart(8, '0')}`;
