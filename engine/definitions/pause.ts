import type { Kind } from '../../core/definitions/definition.ts';
import { RESUMED_A_MINUTE } from '../jobs/resume.ts';
import { type Changed, move, type Verb, wrongState } from './lifecycle.ts';

/**
 * published → paused. Nobody enters, and a run that leaves a stop is parked. The pointer is written first, so that a call that broke off can be
 * repeated.
 */
export function pause<K extends Kind>(verb: Verb<K>, reason: string | undefined): Promise<Changed> {
  const { deps, of, id } = verb;
  return move(verb, async ({ head }) => {
    if (head.published === undefined) throw wrongState(`Only a published ${of.noun} can be paused.`);
    if (head.paused !== undefined) {
      // A resumption may have broken off before its last step: then the pause remains.
      await deps.rules.setPause(of.pauseOf(id), head.paused);
      throw wrongState('It is paused already.');
    }
    const paused = { since: deps.clock(), ...(reason === undefined ? {} : { reason }) };
    await deps.rules.setPause(of.pauseOf(id), paused);
    return { ...head, paused };
  });
}

/**
 * paused → published; jobs let what rested go on, at a rate. The head moves last: a call broken off before finds it
 * paused when it is made again, and one broken off after has left nothing undone.
 */
export async function resume<K extends Kind>(verb: Verb<K>, perMinute = RESUMED_A_MINUTE): Promise<Changed> {
  const { deps, of, id, caller, intent } = verb;
  const terms = { by: caller.sub, perMinute, cause: intent };
  let job: string | undefined;
  const changed = await move(verb, async ({ head }) => {
    if (head.paused === undefined) throw wrongState('It is not paused.');
    await deps.rules.setPause(of.pauseOf(id), undefined);
    job = (await of.release(deps, id, terms)).id;
    const { paused: _paused, ...rest } = head;
    return rest;
  });
  return { ...changed, ...(job === undefined ? {} : { job }) };
}
