import type { Head, Kind } from '../../core/definitions/definition.ts';
import type { LifecycleDeps } from './deps.ts';
import { type Changed, transition, updateLiveRules, type Verb, wrongState } from './lifecycle.ts';

/**
 * published or paused → archived: out of the live rules, which from then on bar what is under way (`archived`, `archivedCampaigns`); then a job ends that.
 * An earlier call may have been broken off before its last step: that is made up for, though the repeat is refused.
 */
export async function archive<K extends Kind, Deps extends LifecycleDeps>(
  verb: Verb<K, Deps>,
  more: Pick<Head, 'cancelled'> = {},
): Promise<Changed> {
  let upTo = 0;
  const changed = await transition(verb, async ({ head }) => {
    const { published, paused: _paused, pins: _pins, ...rest } = head;
    if (published === undefined) {
      if (head.archivedUpTo !== undefined) await close(verb, head.archivedUpTo);
      throw wrongState(`Only a published ${verb.of.noun} can be archived.`);
    }
    upTo = Math.max(published, head.archivedUpTo ?? 0);
    return { ...rest, ...more, status: 'archived', archivedUpTo: upTo, archivedAt: verb.deps.clock() };
  });
  return { ...changed, job: await close(verb, upTo) };
}

/** The job that ends what is under way. */
async function close<K extends Kind, Deps extends LifecycleDeps>(verb: Verb<K, Deps>, upTo: number): Promise<string> {
  const { deps, of, id, caller } = verb;
  await updateLiveRules(verb);
  await deps.rules.setPause(of.pauseOf(id), undefined);
  return (await of.end(deps, id, upTo, caller.sub)).id;
}
