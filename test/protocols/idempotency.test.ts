import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProfileKey } from '../../core/ids.ts';
import { TemplateSchema } from '../../core/templates/schema.ts';
import { messageStore } from '../../functions/shared/adapters/messages.dynamo.ts';
import { profileStore } from '../../functions/shared/adapters/profiles.dynamo.ts';
import { runStore } from '../../functions/shared/adapters/runs.dynamo.ts';
import { sendMessage } from '../../functions/shared/sending/send-message.ts';
import { type History, rules, START, STORIES } from './histories.ts';
import { Sim, type Weather } from './sim.ts';
import { startTables, TABLES } from './tables.ts';

const CLEAN: Weather = { kill: 0, redeliver: 0, shuffle: false };
const STORMY: Weather = { kill: 0.35, redeliver: 0.25, shuffle: true };
/** Histories of each story; six stories. */
const SEEDS = 36;
const TEMPLATE = {
  definition: TemplateSchema.parse({ class: 'transactional', content: { push: { title: 'T', body: 'B' } } }),
};

let tables: Awaited<ReturnType<typeof startTables>>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());

/** The senders' real code over a provider that keeps what it was handed. */
const send: ConstructorParameters<typeof Sim>[0]['send'] = async (sim, invocation, request) => {
  const { profiles, runs, messages } = sim.stores(invocation);
  const again = sim.queue('send', invocation);
  await sendMessage(
    {
      provider: {
        channel: 'push',
        send: (envelope) =>
          invocation.call(async () => {
            sim.outbox.push({ at: sim.now, message: envelope.message, request });
            return { kind: 'sent', providerId: 'p' } as const;
          }),
      },
      profiles,
      runs,
      messages,
      catalog: {
        ...sim.catalog(),
        version: async (kind: string, id: string) =>
          (kind === 'templates' ? TEMPLATE : sim.catalog().version(kind, id)) as never,
      },
      senders: { email: again, sms: again, push: again },
      events: sim.queue('events', invocation),
      facts: { tell: (facts) => sim.queue('nowhere', invocation).send(facts.map((body) => ({ body }))) },
      secret: async () => 'secret',
      publicUrl: 'http://local',
      newOwner: () => `owner-${request.message}-${sim.now}-${sim.draws()}`,
      clock: () => sim.now,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    },
    request,
  );
};

interface Outcome {
  /** Template → how often a provider was handed it. */
  sent: string[];
  unknown: string[];
  runs: string[];
  profiles: unknown[];
  tasks: number;
}

async function live(history: History, seed: number, weather: Weather): Promise<Outcome> {
  const sim = new Sim({
    client: tables.client,
    rules: rules(),
    seed,
    weather,
    now: START,
    profiles: Object.values(history.profiles),
    send,
  });
  for (const post of [...history.posts].sort((a, b) => a.at - b.at)) {
    if (post.at > sim.now) await sim.advance(post.at);
    // Of one instant, all are on the queue before any is worked.
    sim.ingest(post.message, post.group);
  }
  await sim.advance(history.until);
  return outcomeOf(sim, history);
}

async function outcomeOf(sim: Sim, history: History): Promise<Outcome> {
  const store = profileStore(tables.client, TABLES.profiles);
  const homes = await Promise.all(
    Object.entries(history.profiles).map(async ([name, key]) => ({
      name,
      home: await store.home(key),
      timeline: await store.history(key, 0),
    })),
  );
  const messages = messageStore(tables.client, TABLES.messages);
  const listed = await Promise.all(
    Object.values(history.profiles).map((key) => messages.byProfile(key, { limit: 100 })),
  );
  const rows = await messages.getAll([...new Set(listed.flatMap((page) => page.ids))]);
  const told = (message: string) => {
    const source = rows.get(message)?.source;
    return source?.kind === 'journey' ? `${source.id}:${source.node}` : message;
  };
  return {
    sent: sim.outbox.map((sent) => told(sent.message)).sort(),
    unknown: [...rows.values()]
      .filter((row) => row.state !== 'sent')
      .map((row) => `${told(row.id)} ${row.state}`)
      .sort(),
    runs: await runsOf(Object.values(history.profiles)),
    profiles: homes.map(({ name, home }) => ({
      name,
      settled: home.settled,
      traits: Object.fromEntries(
        Object.entries(home.profile?.traits ?? {}).map(([trait, entry]) => [trait, entry.value]),
      ),
      tags: Object.keys(home.activity?.tags ?? {}).sort(),
      features: Object.values(home.activity?.features ?? {})
        .map((packed) => JSON.stringify(packed))
        .sort(),
      consents: Object.entries(home.consents)
        .map(([key, entry]) => `${key} ${entry.granted}`)
        .sort(),
      pushes: home.profile?.addresses.push?.map((token) => token.value).sort(),
      openRuns: Object.keys(home.activity?.openRuns ?? {}).sort(),
    })),
    tasks: 0,
  };
}

async function runsOf(profiles: ProfileKey[]): Promise<string[]> {
  const store = runStore(tables.client, TABLES.runs);
  const pages = await Promise.all(profiles.map((profile) => store.byProfile(profile, { limit: 100 })));
  const runs = await Promise.all(pages.flatMap((page) => page.entries).map((entry) => store.get(entry)));
  return runs
    .map(
      (run) => `${run?.journey}#${run?.key} ${run?.status} ${run?.reason ?? ''} ${run?.outcome ?? ''} n=${run?.step}`,
    )
    .sort();
}

describe('whatever is delivered twice, out of order, or dies between two calls', () => {
  for (const [story, tell] of Object.entries(STORIES)) {
    it(`leaves "${story}" as one clean run does`, async () => {
      const clean = await live(tell(`${story}-clean`), 1, CLEAN);
      expect(clean.unknown).toEqual([]);
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const stormy = await live(tell(`${story}-${seed}`), seed, STORMY);
        // Only a death between the take and the recorded answer may leave a message unknown; it was handed to the provider or was not.
        const lost = stormy.unknown.filter((one) => one.endsWith(' unknown')).map((one) => one.split(' ')[0]);
        expect(
          stormy.unknown.filter((one) => !one.endsWith(' unknown')),
          `seed ${seed}`,
        ).toEqual([]);
        const sent = [...new Set(stormy.sent)].filter((one) => !lost.includes(one));
        expect(sent.sort(), `seed ${seed}`).toEqual(
          [...new Set(clean.sent)].filter((one) => !lost.includes(one)).sort(),
        );
        expect(stormy.sent.length, `seed ${seed}: handed twice`).toBeLessThanOrEqual(clean.sent.length);
        expect({ ...stormy, sent: [], unknown: [] }, `seed ${seed}`).toEqual({ ...clean, sent: [], unknown: [] });
      }
    }, 120_000);
  }
});
