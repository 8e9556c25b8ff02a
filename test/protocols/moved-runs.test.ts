import { describe, expect, it } from 'vitest';
import { profileKeyOfUser } from '../../core/ids.ts';
import type { Effect } from '../../core/profiles/activity.ts';
import { EnrolmentMessageSchema } from '../../core/runs/run.ts';
import type { ProfileDeps } from '../../engine/profiles/deps.ts';
import { executeEffects } from '../../engine/profiles/execute-effects.ts';
import { startRun } from '../../engine/runs/start-run.ts';
import { simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { MemoryTables } from './memory.ts';
import { withNewer } from './rules.ts';
import { HOUR, Script, START } from './script.ts';

const DAY = 24 * HOUR;
const home = profileKeyOfUser('moved-u');

/** A customer who waits for a reply in the first version, of which the second is live. */
async function waiting() {
  const memory = new MemoryTables();
  const sim = simulation(() => ({ client: memory.client, all: (table: string) => memory.all(table) }));
  const { posts } = new Script('moved').identify('u', 0).track('user', 'u', 0, 'Enrolled');
  for (const { message, group } of posts) if (message) sim.ingest(message, group);
  await sim.settle();
  await sim.advance(START + 3 * HOUR);
  const { course } = sim.rules.journeys;
  const exit = course?.newer?.exit?.map((rule) => ({ ...rule, addTags: ['left'] }));
  if (course?.newer)
    sim.rules.journeys = { ...sim.rules.journeys, course: { ...course, newer: { ...course.newer, exit } } };
  sim.goLive(withNewer(sim.rules, 'course'));
  const deps = sim.profileDeps(new Invocation());
  const activity = await deps.profiles.readActivity(home);
  const entry = Object.values(activity?.openRuns ?? {})[0]?.entry ?? '';
  const migrate = { kind: 'migrate', entry, from: 1, to: 2, at: sim.now } as const;
  return { sim, deps, entry, migrate };
}

const event = (name: string, at: number) =>
  ({ id: `${name}-${at}`, type: 'track', name, at, receivedAt: at, index: 0, key: 'server' }) as const;

/** What is sent while the work goes on. */
function sent(deps: ProfileDeps) {
  const bodies = { enrolments: [] as unknown[], stopExecutions: [] as unknown[], events: [] as unknown[] };
  const noting = (into: unknown[]) => ({
    send: async (all: { body: unknown }[]) => void into.push(...all.map(({ body }) => body)),
  });
  const noted = {
    ...deps,
    enrolments: noting(bodies.enrolments),
    stopExecutions: noting(bodies.stopExecutions),
    events: noting(bodies.events),
  };
  return { bodies, deps: noted as ProfileDeps };
}

describe('a run that is moved to another version', () => {
  it('is left by the way of that version, though the event was evaluated as the run moved', async () => {
    const { sim, deps, entry, migrate } = await waiting();
    let reads = 0;
    const get: ProfileDeps['runs']['get'] = async (...asked) => {
      reads += 1;
      if (reads === 2) {
        const moving = sent(deps);
        await executeEffects(moving.deps, home, [migrate]);
        await startRun(sim.runDeps(new Invocation()), EnrolmentMessageSchema.parse(moving.bodies.enrolments[0]));
      }
      return deps.runs.get(...asked);
    };
    const replied = event('Replied', sim.now);
    await executeEffects({ ...deps, runs: { ...deps.runs, get } }, home, [
      { kind: 'touch', entry, events: [{ event: replied }] },
    ]);
    // In the second version, replies come second.
    expect(await deps.runs.get(entry)).toMatchObject({ version: 2, claim: { way: { kind: 'resolved', index: 1 } } });
  });

  it('is left by an exit of that version while it waits to go on, whose event is sent again after a death', async () => {
    const { sim, deps, entry, migrate } = await waiting();
    await executeEffects(sent(deps).deps, home, [migrate]);
    expect(await deps.runs.get(entry)).toMatchObject({ status: 'parked', version: 1 });
    const dropped: Effect = { kind: 'touch', entry, events: [{ event: event('Dropped Out', sim.now) }] };
    const full = { ...deps, stopExecutions: { send: () => Promise.reject(new Error('full')) } };
    await expect(executeEffects(full as ProfileDeps, home, [dropped])).rejects.toThrow('full');
    expect(await deps.runs.get(entry)).toMatchObject({ status: 'closed', outcome: 'dropped' });
    const again = sent(deps);
    await executeEffects(again.deps, home, [dropped]);
    expect(again.bodies.events).toHaveLength(1);
  });

  it('gives up its old execution also by whoever comes after a death', async () => {
    const { deps, entry, migrate } = await waiting();
    const full = { ...deps, enrolments: { send: () => Promise.reject(new Error('full')) } };
    await expect(executeEffects(full as ProfileDeps, home, [migrate])).rejects.toThrow('full');
    const again = sent(deps);
    await executeEffects(again.deps, home, [migrate]);
    expect(again.bodies).toMatchObject({
      enrolments: [{ entry, leg: 2 }],
      stopExecutions: [{ entry, leg: 1, version: 1 }],
    });
  });

  it('stays where it is, if the profile comes to it months after the job', async () => {
    const { sim, deps, entry, migrate } = await waiting();
    sim.now += 40 * DAY;
    await executeEffects(sent(deps).deps, home, [migrate]);
    expect(await deps.runs.get(entry)).toMatchObject({ status: 'open', version: 1 });
  });
});
