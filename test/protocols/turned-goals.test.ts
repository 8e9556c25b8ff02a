import { expect, it } from 'vitest';
import { nextSnapshot } from '../../core/catalog/build-snapshot.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import { type ProfileKey, profileKeyOfAnonymous, profileKeyOfUser } from '../../core/ids.ts';
import { JourneySchema } from '../../core/journeys/schema.ts';
import type { MetricEvent } from '../../core/metrics/metric-event.ts';
import type { Rule } from '../../core/tags/rule.ts';
import { TagSchema } from '../../core/tags/schema.ts';
import { fence } from '../../engine/profiles/merges/fence.ts';
import { complete } from '../../engine/profiles/merges/merge.ts';
import { processDueProfile } from '../../engine/profiles/process-due.ts';
import { inMemory, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { HOUR, START } from './script.ts';
import type { Sim } from './simulation.ts';

/** Goals that are a tag: they are reached by the commit that turns it, and by no other. */
const u = profileKeyOfUser('turned-u');
const x = profileKeyOfAnonymous('turned-x');
const depsOf = (sim: Sim) => sim.profileDeps(new Invocation());

function begun(tag: object) {
  const sim = simulation(inMemory);
  const rule: Rule = { kind: 'tag', id: 'won', version: 1, definition: TagSchema.parse({ name: 'Won', ...tag }) };
  const definition = JourneySchema.parse({
    name: 'wake',
    owner: 'growth',
    entry: { event: 'Woken' },
    goal: { tag: 'won' },
    start: 'rest',
    nodes: { rest: { type: 'wait', for: '9d', next: 'done' }, done: { type: 'end' } },
  });
  const pins = { templates: {}, journeys: {} };
  const live = sim.rules.snapshot;
  const journeys = [...live.journeys, { id: 'wake', version: 1, definition, pins }];
  sim.rules.journeys = { ...sim.rules.journeys, wake: { definition, pins } };
  sim.rules.snapshot = nextSnapshot(live, { ...live, rules: [...live.rules, rule], journeys }) ?? live;
  return sim;
}
const event = (sim: Sim, name: string): CairnEvent => ({
  id: `${name}-${sim.now}`,
  type: 'track',
  name,
  at: sim.now,
  receivedAt: sim.now,
  index: 0,
  key: 'server',
});
const track = async (sim: Sim, profile: ProfileKey, ...names: string[]) => {
  const [kind, id] = profile === u ? (['user', 'turned-u'] as const) : (['anonymous', 'turned-x'] as const);
  sim.ingest({ profile, identity: { kind, id }, events: names.map((name) => event(sim, name)) });
  await sim.settle();
};
/** Keeps what is published, for the goal alone. */
function noting(sim: Sim) {
  const published: string[] = [];
  const publish = async (events: MetricEvent[]) =>
    void published.push(
      ...events.filter(({ metric }) => ['goal', 'tagged'].includes(metric)).map(({ metric }) => metric),
    );
  return { published, deps: { ...depsOf(sim), metricEvents: { publish } } };
}

it('is not reached by an evaluation whose commit is refused', async () => {
  const sim = begun({ layer: 'behaviour', if: { not: { event: 'Looked', within: '1h' } } });
  await track(sim, u, 'Looked', 'Woken');
  sim.now = START + HOUR + 1;
  const { published, deps } = noting(sim);
  let commits = 0;
  const commitActivity: typeof deps.profiles.commitActivity = async (...all) => {
    commits += 1;
    // The customer looks again before what time has turned is committed.
    if (commits === 1) await track(sim, u, 'Looked');
    return deps.profiles.commitActivity(...all);
  };
  await processDueProfile({ ...deps, profiles: { ...deps.profiles, commitActivity } }, { profile: u, at: sim.now });
  expect([(await deps.profiles.readActivity(u))?.tags.won, published]).toEqual([undefined, []]);
  sim.now += HOUR + 1;
  await processDueProfile(deps, { profile: u, at: sim.now });
  expect(published).toEqual(['goal']);
});

it('is told again by whoever finds it pending', async () => {
  const sim = begun({ layer: 'behaviour', if: { not: { event: 'Looked', within: '1h' } } });
  await track(sim, u, 'Looked', 'Woken');
  sim.now = START + HOUR + 1;
  const { published, deps } = noting(sim);
  const dies = async () => Promise.reject(new Error('dead'));
  const dead = processDueProfile(
    { ...deps, profiles: { ...deps.profiles, setMember: dies } },
    { profile: u, at: sim.now },
  );
  await expect(dead).rejects.toThrow('dead');
  expect(published).toEqual([]);
  await processDueProfile(deps, { profile: u, at: sim.now });
  expect(published).toEqual(['goal']);
});

it('is reached by a merge that turns the tag, and by none of somebody who had it', async () => {
  for (const [theirs, expected] of [
    [['Looked'], ['goal']],
    [['Looked', 'Looked again'], []],
  ] as const) {
    const sim = begun({
      layer: 'behaviour',
      if: { event: ['Looked', 'Looked again'], count: { gte: 2 }, within: '9d' },
    });
    await track(sim, u, 'Looked', 'Woken');
    sim.now += HOUR;
    await track(sim, x, ...theirs);
    const { published, deps } = noting(sim);
    await fence(deps, x, u);
    await complete(deps, x);
    expect((await deps.profiles.readActivity(u))?.tags).toHaveProperty('won');
    expect([...new Set(published)]).toEqual(expected);
  }
});

it('is not reached by a rule that is newer than what was done', async () => {
  const sim = begun({ layer: 'behaviour', if: { event: 'Never' } });
  await track(sim, u, 'Woken', 'Looked');
  sim.now += HOUR;
  await track(sim, x, 'Bought');
  const live = sim.rules.snapshot;
  const sent = { name: 'Won', layer: 'behaviour', if: { event: 'Looked' } };
  const rule: Rule = { kind: 'tag', id: 'won', version: 2, definition: TagSchema.parse(sent) };
  const next = nextSnapshot(live, { ...live, rules: [...live.rules.filter(({ id }) => id !== 'won'), rule] }) ?? live;
  sim.rules.snapshot = { ...next, version: live.version + 1 };
  const { published, deps } = noting(sim);
  await fence(deps, x, u);
  await complete(deps, x);
  expect((await deps.profiles.readActivity(u))?.tags).toHaveProperty('won');
  expect(published).toEqual([]);
});
