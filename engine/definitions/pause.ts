import { pauseIn } from '../../core/catalog/pauses.ts';
import type { Kind } from '../../core/definitions/definition.ts';
import { RESUMED_A_MINUTE } from '../jobs/resume.ts';
import type { LifecycleDeps } from './deps.ts';
import { type Changed, transition, type Verb, wrongState } from './lifecycle.ts';

/**
 * published → paused. Nobody enters, and a run that leaves a stop is parked. Whoever pauses or resumes first writes the pointer, then the head under
 * its revision, and does both again if it was refused: so the two say the same at the end. If a call broke off between, the next one finishes it.
 */
export function pause<K extends Kind, Deps extends LifecycleDeps>(
  verb: Verb<K, Deps>,
  reason: string | undefined,
): Promise<Changed> {
  const { deps, of, id } = verb;
  let isSet = false;
  return transition(verb, async ({ head }) => {
    if (head.published === undefined) {
      if (isSet) await deps.rules.setPause(of.pauseOf(id), undefined);
      throw wrongState(`Only a published ${of.noun} can be paused.`);
    }
    if (head.paused !== undefined && (await isPaused(verb))) throw wrongState('It is paused already.');
    const paused = head.paused ?? { since: deps.clock(), ...(reason === undefined ? {} : { reason }) };
    await deps.rules.setPause(of.pauseOf(id), paused);
    isSet = true;
    return { ...head, paused };
  });
}

/** Whether the live rules say so. */
const isPaused = async <K extends Kind, Deps extends LifecycleDeps>({
  deps,
  of,
  id,
}: Verb<K, Deps>): Promise<boolean> => pauseIn((await deps.catalog.snapshot()).pointer, of.pauseOf(id)) !== undefined;

/**
 * paused → published; jobs let what rested go on, at a rate. The head moves last: a call broken off before finds it
 * paused when it is made again, and one broken off after has left nothing undone.
 */
export async function resume<K extends Kind, Deps extends LifecycleDeps>(
  verb: Verb<K, Deps>,
  perMinute = RESUMED_A_MINUTE,
): Promise<Changed> {
  const { deps, of, id, caller, intent } = verb;
  const terms = { by: caller.sub, perMinute, cause: intent };
  let job: string | undefined;
  const changed = await transition(verb, async ({ head }) => {
    if (head.paused === undefined && !(await isPaused(verb))) throw wrongState('It is not paused.');
    await deps.rules.setPause(of.pauseOf(id), undefined);
    job = (await of.release(deps, id, terms)).id;
    const { paused: _paused, ...rest } = head;
    return rest;
  });
  return { ...changed, ...(job === undefined ? {} : { job }) };
}
