import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { profileStore } from '../../adapters/dynamo/profiles.ts';
import { counterOf } from '../../core/metrics/buckets.ts';
import { DROPPED, type DroppedKind } from '../../core/metrics/ingestion-counters.ts';
import { type Effect, emptyActivity } from '../../core/profiles/activity.ts';
import type { ProcessEventsDeps } from '../../engine/profiles/deps.ts';
import { executeEffects } from '../../engine/profiles/execute-effects.ts';
import { ingestionCounts } from '../../engine/profiles/ingestion-counts.ts';
import { fence } from '../../engine/profiles/merges/fence.ts';
import { fittedProfile } from '../../engine/profiles/merges/item-sizes.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { inMemory, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { START } from './script.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

/** What DynamoDB answers to an item over 400 KB, or a key that is too long. */
async function tooLarge(): Promise<never> {
  throw Object.assign(new Error('Item size has exceeded the maximum allowed size'), { name: 'ValidationException' });
}
const noise = (bytes: number) => randomBytes(bytes).toString('base64');
const run = { entry: 'run', journey: 'cart', version: 1, key: '', profile: 'home', data: {}, at: START };
const tags = (of: string) =>
  Object.fromEntries(
    Array.from({ length: 4_500 }, (_, n) => [`${of}${n}${noise(60)}`, { since: START, by: 'api' as const }]),
  );

const effects = (deps: ProcessEventsDeps, ...named: Effect[]) => executeEffects(deps, 'home', named);

/** Does each kind of work where it cannot be done. */
const WORK: Record<DroppedKind, (deps: ProcessEventsDeps, sim: Sim) => Promise<unknown>> = {
  member: (deps) =>
    effects(
      { ...deps, profiles: { ...deps.profiles, setMember: tooLarge } },
      { kind: 'member', tag: 'vip', on: true, v: 1, at: START },
    ),
  redeem: (deps) =>
    effects({ ...deps, coupons: { redeem: tooLarge } }, { kind: 'redeem', pool: 'spring', code: 'A', at: START }),
  enter: (deps) => effects({ ...deps, runs: { ...deps.runs, create: tooLarge } }, { kind: 'enter', run, at: run.at }),
  supersede: (deps) =>
    effects({ ...deps, runs: { ...deps.runs, close: tooLarge } }, { kind: 'supersede', entry: 'run', at: START }),
  // The timeline has kept the event for its 90 days.
  touch: (deps) => effects(deps, { kind: 'touch', entry: 'run', events: [{ id: 'gone', pk: 'home', sk: 'EVENTS#0' }] }),
  follow: (deps) => effects({ ...deps, runs: { ...deps.runs, get: tooLarge } }, { kind: 'follow', entry: 'run' }),
  migrate: (deps) =>
    effects(
      { ...deps, runs: { ...deps.runs, get: tooLarge } },
      { kind: 'migrate', entry: 'run', from: 1, to: 2, at: START },
    ),
  trait: (deps) =>
    fittedProfile(
      deps,
      { from: 'x', into: 'home' },
      {
        identity: { kind: 'user', id: 'home' },
        pv: 1,
        addresses: {},
        traits: Object.fromEntries(
          Array.from({ length: 40 }, (_, n) => [`t${n}`, { value: noise(12_000), ts: n, by: 'e' }]),
        ),
      },
    ),
  async merge(deps, sim) {
    const profiles = profileStore(sim.tables.client, TABLES.profiles);
    for (const key of ['x', 'home'])
      await profiles.commitActivity(key, undefined, { ...emptyActivity(), version: 1, tags: tags(key) });
    return fence(deps, 'x', 'home');
  },
  report: (deps) =>
    processEvents(
      { ...deps, feedback: async () => undefined },
      {
        profile: 'home',
        events: [
          { id: 'e', type: 'track', name: 'Message Opened', key: 'client', at: START, receivedAt: START, index: 0 },
        ],
      },
      { attributes: { MessageGroupId: 'home' } },
    ),
};

describe('work that no retry could do', () => {
  test.each(Object.keys(DROPPED) as DroppedKind[])('is counted once as dropped:%s, and fails nothing', async (kind) => {
    const sim = simulation(inMemory);
    const sums: Record<string, number>[] = [];
    const deps = sim.profileDeps(new Invocation());
    const counts = ingestionCounts({ addSums: (added) => void sums.push(...added.map((sum) => sum.counts)) });
    await WORK[kind]({ ...deps, counts }, sim);
    const named = sim.published.filter((event) => counterOf(event) === `dropped:${kind}`);
    expect(named.length + sums.filter((sum) => sum[`dropped:${kind}`] === 1).length).toBe(1);
    if (kind === 'report' || kind === 'merge') return;
    // It is tried again before the profile's next commit.
    await WORK[kind](deps, sim);
    const marks = sim.published.filter((event) => counterOf(event) === `dropped:${kind}`).map(({ once }) => once);
    expect(marks).toEqual([expect.any(String), marks[0]]);
  });
});
