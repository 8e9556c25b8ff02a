import { expect } from 'vitest';
import { couponStore } from '../../adapters/dynamo/coupons.ts';
import { byChannel, type Channel } from '../../core/channels/registry.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import { providerBreakers } from '../../engine/messages/breaker.ts';
import type { SenderDeps } from '../../engine/messages/deps.ts';
import type { Outcome as Answer } from '../../engine/messages/ports.ts';
import { rates } from '../../engine/messages/rates.ts';
import { sendMessage } from '../../engine/messages/send-message.ts';
import { define, defineCampaigns } from './api.ts';
import { campaignFaults } from './campaign-faults.ts';
import { Observer } from './campaign-observer.ts';
import { type Fault, type Invocation, seeded } from './faults.ts';
import { forbiddenBy } from './forbidden.ts';
import { HISTORIES } from './histories/index.ts';
import { invariants } from './invariants.ts';
import { MemoryTables } from './memory.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { CampaignHistory } from './random-campaigns.ts';
import type { SendingHistory } from './random-sending.ts';
import { isMarketing, type Rules, rules } from './rules.ts';
import { type History, HOUR, type Post, START } from './script.ts';
import { sendingFaults } from './sending-faults.ts';
import { Sim } from './simulation.ts';
import type { FaultRates, Tables } from './simulation-options.ts';
import type { HandedOver } from './simulation-state.ts';
import { TABLES } from './tables.ts';

export const CLEAN: FaultRates = {
  kill: 0,
  redeliver: 0,
  twice: 0,
  stall: 0,
  hide: 0,
  abort: 0,
  order: 'first',
  concurrent: 1,
};
/** Concurrent invocations, some of them slow: a provider that is called just before an exit answers after it. */
const CONCURRENT = { concurrent: 3, stall: 0.3 };
const RANDOM_FAULTS: FaultRates = {
  kill: 0.3,
  redeliver: 0.2,
  twice: 0.1,
  stall: 0.1,
  hide: 0.2,
  abort: 0,
  order: 'any',
  concurrent: 3,
};
/** Orders of a race that are tried: until this many in a row have given no new outcome, or `MAX_ORDERS`; more if calls interleave. */
const ENOUGH_ORDERS = Number(process.env.ORDERS ?? 35);
const ENOUGH_CONCURRENT_ORDERS = 2 * ENOUGH_ORDERS;
const MAX_ORDERS = 1_000;
/** Default share of lost executions, in one history of four. */
const ABORT = 0.1;
/** Share of calls that a client repeats. */
const REPEAT = 0.2;
/** The real senders over a provider that records its messages. */
export function senderDeps(
  sim: Sim,
  invocation: Invocation,
  request: SendRequest,
  channel: Channel = 'push',
): SenderDeps {
  const { profiles, runs, lastLook, messages, wakes, rates: rateStore, breakers, alerts } = sim.stores(invocation);
  // What this sender knew when it judged the message, and what was true when it took it.
  const known: Pick<HandedOver, 'takenAt' | 'judgedAt' | 'profile' | 'forbidden'> = {
    takenAt: sim.now,
    judgedAt: sim.now,
    profile: undefined,
  };
  return {
    provider: {
      name: channel,
      channel,
      send: async (envelope) => {
        const answer = await invocation.call(async () => {
          const refusal = sim.refusal(channel);
          const handedOver = { ...known, message: envelope.message, request, channel };
          sim.handedOver.push(handedOver);
          if (refusal === 'temporary' || refusal === 'throttled') return { kind: refusal, detail: 'not now' } as const;
          if (refusal === 'permanent' || refusal === 'bad-address')
            return refusal === 'permanent'
              ? ({ kind: 'permanent', detail: 'no' } as const)
              : ({ kind: 'permanent', detail: 'no', address: 'bad' } as const);
          sim.outbox.push(handedOver);
          return refusal === 'silence' ? undefined : ({ kind: 'sent', providerId: 'p' } as const);
        });
        return answer ?? noAnswer(sim, invocation, envelope.message);
      },
    },
    profiles: {
      ...profiles,
      home: async (key, reading) => {
        const home = await profiles.home(key, reading);
        known.profile = home.profile;
        return home;
      },
    },
    runs,
    lastLook,
    messages: {
      ...messages,
      take: async (draft, owner, now, leaseUntil) => {
        const isTaken = await messages.take(draft, owner, now, leaseUntil);
        known.judgedAt = now;
        if (isTaken && isMarketing(draft.template.id))
          known.forbidden = await forbiddenBy(sim, {
            key: draft.profile,
            profile: known.profile,
            channel,
            topic: draft.topic,
          });
        return isTaken;
      },
    },
    wakes,
    breakers: providerBreakers(breakers, alerts, () => sim.now),
    rates: rates(
      rateStore,
      () => sim.now,
      () => 0.5,
    ),
    catalog: sim.catalog(invocation),
    senders: byChannel((to) => sim.queue('send', invocation, to)),
    events: sim.queue('events', invocation),
    enrolments: sim.queue('enrolments', invocation),
    metricEvents: {
      publish: (metricEvents) => sim.queue('metric-events', invocation).send(metricEvents.map((body) => ({ body }))),
    },
    secret: async () => 'secret',
    publicUrl: 'http://local',
    noteLatency: () => {},
    newOwner: () => {
      known.takenAt = sim.now;
      sim.taking(request.message, invocation);
      return `owner-${request.message}-${sim.now}-${sim.draws()}`;
    },
    clock: () => sim.now,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  };
}

/** The connection hangs while others go on, until the sender gives up. */
function noAnswer(sim: Sim, invocation: Invocation, message: string): Promise<Answer> {
  return invocation.call(async () => {
    sim.unheard.add(message);
    return { kind: 'unknown', detail: 'no answer came in time' };
  });
}

const send: ConstructorParameters<typeof Sim>[0]['send'] = (sim, invocation, request, channel) =>
  sendMessage(senderDeps(sim, invocation, request, channel), request);

/** A simulation with the rules of every history at its start. */
export function simulation(
  tablesAt: (now: () => EpochMs) => Tables,
  seed = 1,
  faultRates = CLEAN,
  history: Pick<History, 'refuses' | 'spells' | 'rules'> = {},
): Sim {
  const tables = tablesAt(() => sim.now);
  const { refuses, spells = refuses && [{ from: START, until: START + refuses.until * HOUR, as: refuses.as }] } =
    history;
  const sim: Sim = new Sim({
    tables,
    rules: history.rules?.() ?? rules(),
    seed,
    faultRates,
    now: START,
    spells,
    send,
  });
  return sim;
}

async function live(...lived: Parameters<typeof lives>): Promise<Outcome> {
  return outcomeOf(await lives(...lived), lived[1]);
}

/** Lives the history to its end. */
async function lives(
  tablesAt: (now: () => EpochMs) => Tables,
  history: History,
  posts: Post[],
  seed: number,
  faultRates: FaultRates,
): Promise<Sim> {
  const sim = simulation(tablesAt, seed, faultRates, history);
  const { tables } = sim;
  const codes = Array.from({ length: history.codes ?? 0 }, (_, index) => `code-${index}`);
  await couponStore(tables.client, TABLES.catalog).addCodes('pool', codes, START);
  await define(
    sim,
    posts.flatMap(({ call }) => journeyOf(call) ?? []),
  );
  for (const post of posts.toSorted((a, b) => a.at - b.at)) {
    if (post.at > sim.now) await sim.advance(post.at, false);
    // Messages of the same instant are all on the queue before the first is processed.
    if (post.message) sim.ingest(post.message, post.group);
    if (post.call) await sim.call(post.call);
  }
  await sim.advance(history.until);
  return sim;
}

function journeyOf(call: Post['call']): string | undefined {
  if (call === undefined) return undefined;
  if ('trigger' in call) return call.trigger.journey;
  if ('pause' in call) return call.pause;
  if ('resume' in call) return call.resume;
  if ('migrate' in call) return undefined;
  return 'archive' in call ? call.archive : undefined;
}

/** Clients repeat their calls, at once or much later. */
function repeated(posts: Post[], seed: number): Post[] {
  const random = seeded(seed);
  const later = [0, 0, 2_000, 10 * 60_000, 2 * HOUR];
  return posts.flatMap((post) => {
    if (post.message === undefined || random() >= REPEAT) return [post];
    return [post, { ...post, at: post.at + (later[Math.floor(random() * later.length)] ?? 0) }];
  });
}

export const inMemory = (now: () => EpochMs): Tables => inMemoryOf(rules().journeys, now);

const inMemoryLate =
  (seed: number) =>
  (now: () => EpochMs): Tables =>
    inMemoryOf(rules().journeys, now, seed);

/** Share of items that an eventually consistent read finds as they were before. */
const LAG = 0.3;

/** `seed`: of the reads that come late; absent: none does. */
function inMemoryOf(journeys: Rules['journeys'], now: () => EpochMs, seed?: number): Tables {
  const random = seed === undefined ? undefined : seeded(seed);
  const memory = new MemoryTables(invariants(journeys, now), random && { now, is: () => random() < LAG });
  return { client: memory.client, all: (table) => memory.all(table) };
}

/** Runs the history without a fault. */
export function runClean(
  tables: (now: () => EpochMs) => Tables,
  title: string,
  faultRates = CLEAN,
  seed = 1,
): Promise<Outcome> {
  const history = HISTORIES[title]?.(title);
  if (history === undefined) throw new Error(`no history ${title}`);
  return live(tables, history, history.posts, seed, faultRates);
}

/** Outcomes of runs without faults. */
export interface Cleans {
  /** The outcome of the ordered run first; others in the order in which they were found. */
  found: [Outcome, ...Outcome[]];
  /**
   * Returns a clean outcome like this; undefined if there is none. For races, further orders are tried until a number of them in a row have brought
   * nothing new.
   */
  find(isLike: (clean: Outcome) => boolean): Promise<Outcome | undefined>;
}

const known = new Map<string, Promise<Cleans>>();

/** Computed once for all callers, because clean runs are always the same. */
export function cleanOutcomesOf(title: string): Promise<Cleans> {
  const cleans = known.get(title) ?? findCleanOutcomes(title);
  known.set(title, cleans);
  return cleans;
}

async function findCleanOutcomes(title: string): Promise<Cleans> {
  const races = HISTORIES[title]?.('').races;
  const known = new Set<string>();
  const outcomesOf = async (faultRates: FaultRates, seed: number): Promise<Outcome[]> => {
    const clean = await runClean(inMemory, title, faultRates, seed);
    expect({ faults: clean.faults, miscounted: clean.miscounted }).toEqual({ faults: [], miscounted: [] });
    const text = JSON.stringify(clean);
    if (known.has(text)) return [];
    known.add(text);
    return [clean];
  };
  const [first] = await outcomesOf(CLEAN, 1);
  if (first === undefined) throw new Error('the first is new');
  const found: Cleans['found'] = [first];
  const [any, enough] =
    races === 'whole' ? [CLEAN, ENOUGH_ORDERS] : [{ ...CLEAN, ...CONCURRENT }, ENOUGH_CONCURRENT_ORDERS];
  let [seed, quiet] = [0, 0];
  async function more(): Promise<Outcome[]> {
    const order = seed === 0 ? 'last' : seed % 2 === 0 ? 'any' : 'kinds';
    const newOutcomes = await outcomesOf({ ...(seed === 0 ? CLEAN : any), order }, Math.max(1, seed));
    seed += 1;
    quiet = newOutcomes.length > 0 ? 0 : quiet + 1;
    found.push(...newOutcomes);
    return newOutcomes;
  }
  return {
    found,
    async find(isLike) {
      let like = found.find(isLike);
      while (races !== undefined && like === undefined && quiet < enough && seed < MAX_ORDERS)
        like = (await more()).find(isLike);
      return like;
    },
  };
}

async function runWithFaults(title: string, seed: number): Promise<Outcome> {
  const history = HISTORIES[title]?.(title);
  if (history === undefined) throw new Error(`no history ${title}`);
  const abort = history.abort ?? (seed % 4 === 0 ? ABORT : 0);
  return live(inMemoryLate(seed), history, repeated(history.posts, seed), seed, {
    ...RANDOM_FAULTS,
    abort,
    hide: history.abort === 0 ? 0 : RANDOM_FAULTS.hide,
  });
}

/** A death between the take and the recorded answer leaves a message unknown, or taken; nothing else does (`messagesOf`). */
function without(lost: string[], outcome: Outcome): Outcome {
  const isLost = (message: string) => lost.includes(message.split(' ')[0] ?? '');
  const { messages, when } = outcome;
  const left = { messages: messages.filter((one) => !isLost(one)), when: when.filter((one) => !isLost(one)) };
  return { ...outcome, ...left, wasted: [], miscounted: [] };
}

const lostIn = ({ messages }: Outcome): string[] =>
  messages.flatMap((message) => (/ (unknown|sending) $/.test(message) ? [message.split(' ')[0] ?? ''] : []));

/** Runs the history once with the faults that the seed draws, and expects the outcome of one of the clean runs. */
export async function checkHistory(title: string, seed: number, cleans: Cleans): Promise<void> {
  const faulted = await runWithFaults(title, seed).catch((error: unknown) => {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.stack : error}`);
  });
  const lost = lostIn(faulted);
  const { late, abort = ABORT, crowded } = HISTORIES[title]?.('') ?? {};
  const isTimely = late !== true && (abort === 0 || seed % 4 !== 0) && abort <= ABORT;
  const comparable = (outcome: Outcome) =>
    crowded
      ? { ends: outcome.ends, faults: outcome.faults }
      : { ...without(lost, outcome), ...(isTimely ? {} : { when: [] }) };
  await expectOneOf(cleans, comparable, faulted, `seed ${seed}`);
}

/** What is never allowed, of a history with random faults whose outcome depends on them. */
export async function faultsIn(history: History, seed: number): Promise<string[]> {
  const faulted = await live(inMemoryLate(seed), history, repeated(history.posts, seed), seed, RANDOM_FAULTS);
  const lost = lostIn(faulted);
  return faulted.faults.filter((fault) => !lost.some((message) => fault.startsWith(message)));
}

/** What is never allowed, of a random history of sending under the faults that the seed draws. */
export async function faultsOfSending(history: SendingHistory, seed: number): Promise<string[]> {
  const tables = (now: () => EpochMs) => inMemoryOf(history.rules().journeys, now, seed);
  const faultRates: FaultRates = {
    ...RANDOM_FAULTS,
    abort: seed % 4 === 0 ? ABORT : 0,
    doubled: seed % 5 === 0,
    order: seed % 3 === 0 ? 'kinds' : 'any',
  };
  const sim = await lives(tables, history, repeated(history.posts, seed), seed, faultRates);
  return [...(await outcomeOf(sim, history)).faults, ...(await sendingFaults(sim, history))];
}

/** What is never allowed, of a random history of a campaign under the faults that the seed draws, and how often it was looked at. */
export async function faultsOfCampaign(
  history: CampaignHistory,
  seed: number,
): Promise<{ faults: string[]; observations: number }> {
  const tables = (now: () => EpochMs) => inMemoryOf({}, now);
  const rates: FaultRates = { ...CLEAN, concurrent: RANDOM_FAULTS.concurrent, order: 'any' };
  const sim = simulation(tables, seed, rates, history);
  await defineCampaigns(sim);
  const observer = new Observer(sim);
  sim.observe = () => observer.look();
  for (const post of history.posts.toSorted((a, b) => a.at - b.at)) {
    // How people become known is what other histories are about.
    if (post.at >= history.begins && rates.kill === 0 && seed % 10 !== 0)
      Object.assign(rates, {
        ...RANDOM_FAULTS,
        kill: [0.05, 0.15, 0.3][seed % 3],
        doubled: seed % 5 === 0,
        order: seed % 4 === 0 ? 'kinds' : 'any',
      });
    if (post.at > sim.now) await sim.advance(post.at, false);
    if (post.message) sim.ingest(post.message, post.group);
    if (post.call) await sim.call(post.call);
  }
  await sim.advance(history.until);
  const faults = [...observer.faults, ...(await observer.thawed()), ...(await campaignFaults(sim, history, observer))];
  return { faults, observations: observer.observations };
}

/** Compares outcomes by `comparable`; if none is equal, shows the difference from the most similar one. */
export async function expectOneOf(
  cleans: Cleans,
  comparable: (outcome: Outcome) => Partial<Outcome>,
  outcome: Outcome,
  which: string,
): Promise<void> {
  const seen = JSON.stringify(comparable(outcome));
  if ((await cleans.find((clean) => JSON.stringify(comparable(clean)) === seen)) !== undefined) return;
  const closest = cleans.found.find(({ ends }) => ends.join() === outcome.ends.join()) ?? cleans.found[0];
  expect(comparable(outcome), which).toEqual(comparable(closest));
}

/** Faults that are injected into these histories, at one call after another. A death after a call is the same as one before the next call. */
const DEATH: Fault[] = ['before', 'stall', 'unanswered'];
const FAULTS: Record<string, (Fault | 'lost')[]> = {
  'a visitor who orders and becomes known': DEATH,
  'three who are each the next': DEATH,
  'a tag that slides off at the instant of the merge': ['before'],
  'a new rule just before a merge': DEATH,
  'a letter that is held, and released': [...DEATH, 'lost'],
  'rests that are shorter than a queue hides what has failed': [...DEATH, 'lost'],
  'a reply at the instant of the time-out': [...DEATH, 'lost'],
  'a pause over every deadline': ['before', 'unanswered'],
  'a customer who is entered by hand': ['before', 'unanswered'],
  'a letter that was refused is sent again': ['before', 'unanswered'],
  'many runs that are archived': ['before', 'unanswered'],
  'a trial that is cut short': [...DEATH, 'lost'],
  'a trial that is extended just before its end': [...DEATH, 'lost'],
  'a lease that is renewed as its end is taken back': ['before', 'stall'],
  'moved while it waits': [...DEATH, 'lost'],
  'moved while it waits for an event': [...DEATH, 'lost'],
  'moved behind a held message': ['before', 'unanswered'],
  'a message that waits for its window': [...DEATH, 'lost'],
  'a message that comes a moment before its window': DEATH,
  'a message that expires before its window opens': DEATH,
};

/** Short histories in which every call is faulted, because each single one matters. */
const FAULTS_EVERYWHERE: typeof FAULTS = {
  'an event just after a tag has slid off': ['before'],
  'a cart just before a tag slides off': ['before'],
  'a merge just after a tag has slid off': ['before'],
  'a merge just after the visitor has asked': ['before'],
  'one who has said no is another, just before a letter': ['before'],
  'one who says no is another': ['stall'],
  'one who is sent a letter is another': ['stall'],
  'one who is somebody who is somebody else': ['stall'],
};

/** Histories that are run with a single fault. `stride`: distance between the faulted calls; `from`: the first one. */
export const singleFaults = (
  stride: number,
): { title: string; fault: Fault | 'lost'; stride: number; from: number }[] =>
  Object.entries({ ...FAULTS, ...FAULTS_EVERYWHERE }).flatMap(([title, faults]) => {
    const each = title in FAULTS_EVERYWHERE ? 1 : stride;
    // Each kind of fault starts at another call.
    return faults.map((fault, index) => ({ title, fault, stride: each, from: 1 + (index % each) }));
  });

/** Faults one call after another, each in a run of its own. */
export async function checkUnderFault({ title, fault, stride, from }: ReturnType<typeof singleFaults>[number]) {
  const cleans = await cleanOutcomesOf(title);
  for (let at = from; ; at += stride) {
    const isLost = fault === 'lost';
    const once = { at, fault: isLost ? ('after' as const) : fault, isLost, hasCome: false };
    const faulted = await runClean(inMemory, title, { ...CLEAN, hide: 1, once });
    if (!once.hasCome) break;
    const lost = lostIn(faulted);
    const comparable = (outcome: Outcome) => ({ ...without(lost, outcome), when: [] });
    await expectOneOf(cleans, comparable, faulted, `call ${at}`);
  }
}
