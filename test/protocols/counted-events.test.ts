import { describe, expect, it } from 'vitest';
import type { Counts } from '../../engine/metrics/sum.ts';
import { ingestionCounts } from '../../engine/profiles/ingestion-counts.ts';
import { processEvents } from '../../engine/profiles/process-events.ts';
import { inMemory, simulation } from './check-history.ts';
import { Invocation } from './faults.ts';
import { Script } from './script.ts';
import type { Sim } from './simulation.ts';

/** More calls than one event takes. */
const CALLS = Array.from({ length: 12 }, (_, index) => index + 1);

/** What one event, which comes once, is counted as. */
async function countsOf(depsOf: (sim: Sim) => ReturnType<Sim['profileDeps']>): Promise<Counts[]> {
  const sim = simulation(inMemory);
  const [post] = new Script('counted').identify('u', 0).posts;
  if (post?.message === undefined) throw new Error('nothing was posted');
  const counted: Counts[] = [];
  const counts = ingestionCounts({ addSums: (sums) => void counted.push(...sums.map((sum) => sum.counts)) });
  const attributes = { MessageGroupId: post.message.profile, ApproximateReceiveCount: '1' };
  await processEvents({ ...depsOf(sim), counts }, post.message, { attributes });
  return counted.map(({ accepted, duplicate }) => ({ accepted: accepted ?? 0, duplicate: duplicate ?? 0 }));
}

describe('an event that comes once is no duplicate', () => {
  it.each(CALLS)('and counts, though the answer of call %i is lost', async (twiceAt) => {
    expect(await countsOf((sim) => sim.profileDeps(new Invocation({ twiceAt })))).toEqual([
      { accepted: 1, duplicate: 0 },
    ]);
  });

  it('though its commit is lost sight of, because another has followed it before the SDK repeated the call', async () => {
    const counted = await countsOf((sim) => {
      const deps = sim.profileDeps(new Invocation());
      const commitActivity: typeof deps.profiles.commitActivity = async (key, expected, next) => {
        await deps.profiles.commitActivity(key, expected, next);
        return false;
      };
      return { ...deps, profiles: { ...deps.profiles, commitActivity } };
    });
    expect(counted).toEqual([]);
  });
});
