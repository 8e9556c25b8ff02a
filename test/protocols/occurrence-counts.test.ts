import { expect, it } from 'vitest';
import { metricsStore } from '../../adapters/dynamo/metrics.ts';
import { recordedMessages } from '../../adapters/dynamo/recorded-messages.ts';
import { recountStore } from '../../adapters/dynamo/recounts.ts';
import { byChannel } from '../../core/channels/registry.ts';
import { messageIdOfRecipient, profileKeyOfUser } from '../../core/ids.ts';
import type { Message, Receipt } from '../../core/messages/message.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { sumUp } from '../../core/metrics/buckets.ts';
import type { MetricEvent, Sum } from '../../core/metrics/metric-event.ts';
import { factsOf } from '../../core/metrics/recount.ts';
import { TemplateSchema } from '../../core/templates/schema.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import { type Outcomes, outcomesOf, variantOutcomesOf } from '../../engine/campaigns/outcomes.ts';
import type { Outcome } from '../../engine/messages/ports.ts';
import { recordReceipt } from '../../engine/messages/record-receipt.ts';
import { reopenMessage } from '../../engine/messages/reopen-message.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { inMemory, senderDeps, simulation } from './check-history.ts';
import { Invocation, Killed, seeded } from './faults.ts';
import { recountDay } from './recounted.ts';
import { HOUR, Script, START } from './script.ts';
import { TABLES } from './tables.ts';

/**
 * Whatever happens to an occurrence's messages, its counters say of each that has ended, or waits, that it has or does: once. Answers of DynamoDB are lost
 * and its SDK repeats the calls.
 */
const OFFER = TemplateSchema.parse({ class: 'marketing', content: { sms: { text: 'T' } } });
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const VARIANTS = ['gift', 'money: off'];
const CAMPAIGN = 'spring';
const OCCURRENCE = '20261130T020000Z';

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

it.each(SEEDS)('seed %i: as soon as it is counted', (seed) => lived(seed));
it.each(SEEDS)('seed %i: after the night, though every third event is lost', (seed) => lived(seed, 0.33));

async function lived(seed: number, lossy = 0): Promise<void> {
  const random = seeded(seed);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  const of = <One>(all: readonly One[]): One => all[upTo(all.length - 1)] as One;
  const script = new Script('counts');
  for (const [index, name] of NAMES.entries())
    script.says(name, 0, index === 5 ? {} : { phone: `+861380013800${index}` }, { sms: index !== 4 });
  const sim = simulation(inMemory);
  for (const { message, group } of script.posts) if (message) sim.ingest(message, group);
  await sim.advance(START + 2 * HOUR);
  const { snapshot, pointer } = sim.rules;
  const settings = { ...snapshot.settings, caps: [{ max: 2, within: '20d' }], floors: [] };
  sim.rules.snapshot = { ...snapshot, settings };

  const began = sim.now;
  const requests = NAMES.map((name): SendRequest => {
    const profile = profileKeyOfUser(`counts-${name}`);
    const message = messageIdOfRecipient({ campaign: CAMPAIGN, occurrence: OCCURRENCE, at: began }, profile);
    const source = {
      kind: 'campaign',
      id: CAMPAIGN,
      version: 1,
      occurrence: OCCURRENCE,
      variant: of(VARIANTS),
    } as const;
    const late = random() < 0.1 ? { refuse: 'late' } : {};
    return {
      message,
      profile,
      template: { id: 'offer', version: 1 },
      channels: ['sms'],
      source,
      at: began,
      validUntil: began + 90 * HOUR,
      ...late,
    };
  });
  const queue: SendRequest[] = [...requests];
  const published: MetricEvent[] = [];
  const losing = seeded(seed);
  const metricEvents = {
    publish: async (events: MetricEvent[]) => {
      if (lossy === 0 || losing() >= lossy) published.push(...events);
    },
  };
  const invocation = () => new Invocation(random() < 0.3 ? { twiceAt: 1 + upTo(14) } : {});
  const stores = (by = invocation()) => sim.stores(by);

  const deliver = async (request: SendRequest, by: Invocation) => {
    const deps = senderDeps(sim, by, request, 'sms');
    const answers: (Outcome | undefined)[] = [
      undefined,
      { kind: 'sent', providerId: 'p' },
      { kind: 'sent', providerId: 'p' },
      { kind: 'temporary', detail: 'not now' },
      { kind: 'throttled', detail: 'not now' },
      { kind: 'permanent', detail: 'no' },
      { kind: 'unknown', detail: 'silence' },
    ];
    try {
      await sendMessage(
        {
          ...deps,
          metricEvents,
          catalog: { ...deps.catalog, version: (async () => ({ definition: OFFER })) as never },
          provider: { name: 'aws-sms', channel: 'sms', send: () => by.call(async () => of(answers) ?? died()) },
          senders: byChannel(() => ({
            send: async (all) => void queue.push(...all.map(({ body }) => body as SendRequest)),
          })),
        },
        request,
      );
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      queue.push(request);
    }
  };
  const rows = async () => {
    const found = await stores(new Invocation()).messages.getAll(requests.map(({ message }) => message));
    return [...found.values()];
  };

  const acts: (() => unknown)[] = [
    () => (pointer.campaigns = pointer.campaigns === undefined ? { [CAMPAIGN]: { since: sim.now } } : undefined),
    () => (pointer.channels = pointer.channels.sms === undefined ? { sms: { since: sim.now } } : {}),
    () => {
      const hours: [string, string][] = [['00:00', '00:01']];
      const window = sim.rules.snapshot.settings.window === 'none' ? { hours, otherwise: 'defer' as const } : 'none';
      sim.rules.snapshot = { ...sim.rules.snapshot, settings: { ...settings, window } };
    },
    // What waits is sent to the gate again, by a resume, an opening, or a job.
    async () => {
      for (const { state, request } of await rows())
        if (state === 'held' || state === 'deferred') queue.push({ ...request, released: true });
    },
    async () => {
      const message = of(await rows());
      if (message === undefined) return;
      const receipt = of<Receipt>(['delivered', 'opened', 'clicked', 'bounced']);
      const by = invocation();
      const { messages, profiles } = stores(by);
      await recordReceipt(
        {
          messages,
          profiles,
          catalog: sim.catalog(by),
          events: { send: async () => {} },
          metricEvents,
          clock: () => sim.now,
          log: { debug() {}, info() {}, warn() {}, error() {} },
        },
        { message: message.id, receipt, at: sim.now },
      );
    },
    async () => {
      const message = of(await rows());
      if (message === undefined) return;
      const intent = `resend-${sim.now}-${upTo(1_000)}`;
      const { refuse: _late, passed: _passed, ...request } = message.request;
      queue.push({ ...request, resend: intent });
      if (random() < 0.5)
        await reopenMessage({ ...stores(), metricEvents, clock: () => sim.now }, message.request, intent);
    },
    () => (sim.now += of([1_000, 70_000, HOUR, 5 * HOUR])),
    () => {
      if (random() < 0.05) pointer.cancelled = { [`${CAMPAIGN}#${OCCURRENCE}`]: sim.now };
    },
  ];

  for (let step = 0; step < 120; step += 1) {
    const next = random() < 0.6 ? queue.splice(upTo(queue.length - 1), 1)[0] : undefined;
    if (next !== undefined) await deliver(next, invocation());
    else await of(acts)();
    if (random() < 0.1 && next !== undefined) queue.push(next);
    if (lossy === 0) await compare(await rows(), published, `step ${step}`);
  }
  await recounted(published);

  async function compare(all: Message[], events: MetricEvent[], when: string): Promise<void> {
    const sums = sumUp(events);
    const metrics = {
      read: async (scope: string, from: string, to: string) =>
        sums.filter((sum) => sum.scope === scope && sum.day >= from && sum.day <= to),
    };
    expect(await outcomesOf(metrics, CAMPAIGN, OCCURRENCE, began, sim.now), when).toEqual(talliedOf(all));
    for (const variant of VARIANTS) {
      const own = all.filter(({ source }) => source.kind === 'campaign' && source.variant === variant);
      const counted = await variantOutcomesOf(
        metrics,
        { campaign: CAMPAIGN, occurrence: OCCURRENCE, variant },
        began,
        sim.now,
      );
      expect(counted, when).toMatchObject(talliedOf(own));
    }
    const counted = await recordedMessages(sim.tables.client, TABLES.messages).counted(all.map(({ id }) => id));
    expect(written(sumUp(counted.flatMap(factsOf))), when).toEqual(written(sums));
    // No other scope than the campaign's knows of these counts.
    const others = sums.filter(({ scope }) => !scope.startsWith('campaign:'));
    const names = others.flatMap(({ counts }) => Object.keys(counts).map((name) => name.split(':')[0]));
    for (const name of ['deferred', 'held', 'unknown', 'settled', 'left']) expect(names).not.toContain(name);
  }

  /** Counts each day again; then the equation holds, whatever was lost, and another night finds nothing. */
  async function recounted(events: MetricEvent[]): Promise<void> {
    const { client } = sim.tables;
    const metrics = metricsStore(client, TABLES.metrics);
    for (const sum of sumUp(events)) await metrics.add(sum);
    const deps = {
      messages: recordedMessages(client, TABLES.messages),
      recounts: recountStore(client, TABLES.metrics),
      clock: () => sim.now,
      log: { warn: (line: string) => expect(line).not.toBe('counters are too high') },
    };
    const days = new Set(
      Array.from({ length: Math.ceil((sim.now - began) / DAY) + 1 }, (_, n) => utcDay(began + n * DAY)),
    );
    let drift = 0;
    for (const day of days) drift += await recountDay(deps, day);
    if (lossy === 0) expect(drift).toBe(0);
    else expect(drift).toBeGreaterThan(0);
    const all = await rows();
    expect(await outcomesOf(metrics, CAMPAIGN, OCCURRENCE, began, sim.now)).toEqual(talliedOf(all));
    for (const variant of VARIANTS) {
      const own = all.filter(({ source }) => source.kind === 'campaign' && source.variant === variant);
      const of = { campaign: CAMPAIGN, occurrence: OCCURRENCE, variant };
      expect(await variantOutcomesOf(metrics, of, began, sim.now)).toMatchObject(talliedOf(own));
    }
    for (const day of days) expect(await recountDay(deps, day)).toBe(0);
  }
}

const DAY = 24 * HOUR;
const written = (sums: readonly Sum[]): string[] =>
  sums
    .flatMap(({ scope, day, counts }) =>
      Object.entries(counts).map(([name, count]) => `${day} ${scope} ${name} ${count}`),
    )
    .sort();

/** The sender dies while its message is taken: another delivery finds the expired lease. */
function died(): never {
  throw new Killed('while the provider was called');
}

/** The same, by the rows. */
function talliedOf(rows: Message[]): Outcomes {
  const outcomes: Outcomes = { sent: 0, suppressed: {}, failed: {}, unknown: 0, deferred: 0, held: 0 };
  for (const { state, reason = '', heardAt } of rows) {
    if (state === 'suppressed' || state === 'failed') outcomes[state][reason] = (outcomes[state][reason] ?? 0) + 1;
    else if (state === 'unknown' && heardAt !== undefined) outcomes.sent += 1;
    else if (state === 'sent' || state === 'unknown' || state === 'deferred' || state === 'held') outcomes[state] += 1;
  }
  return outcomes;
}
