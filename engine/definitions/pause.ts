import { RESUMED_A_MINUTE } from '../jobs/resume.ts';
import { releaseHeld, wakeRuns } from '../jobs/start-job.ts';
import { type Changed, move, type Verb, wrongState } from './lifecycle.ts';

/**
 * published → paused. Nobody enters, and a run that leaves a stop is parked. The pointer is written first, so that a call that broke off can be
 * repeated.
 */
export function pause(verb: Verb, reason: string | undefined): Promise<Changed> {
  const { deps, id } = verb;
  return move(verb, async ({ head }) => {
    if (head.published === undefined) throw wrongState('Only a published journey can be paused.');
    if (head.paused !== undefined) {
      // A resumption may have broken off before its last step: then the pause remains.
      await deps.rules.setPause({ journey: id }, head.paused);
      throw wrongState('It is paused already.');
    }
    const paused = { since: deps.clock(), ...(reason === undefined ? {} : { reason }) };
    await deps.rules.setPause({ journey: id }, paused);
    return { ...head, paused };
  });
}

/**
 * paused → published. Jobs resume parked runs and release held messages, at a limited rate. The head is written last: if a call breaks off before,
 * its repeat finds the journey still paused; if it breaks off after, nothing is left to do.
 */
export async function resume(verb: Verb, perMinute = RESUMED_A_MINUTE): Promise<Changed> {
  const { deps, id, caller, intent } = verb;
  const terms = { by: caller.sub, perMinute, cause: intent };
  let job: string | undefined;
  const changed = await move(verb, async ({ head }) => {
    if (head.paused === undefined) throw wrongState('It is not paused.');
    await deps.rules.setPause({ journey: id }, undefined);
    await releaseHeld(deps, `journey:${id}`, terms);
    job = (await wakeRuns(deps, id, terms)).id;
    const { paused: _paused, ...rest } = head;
    return rest;
  });
  return { ...changed, ...(job === undefined ? {} : { job }) };
}
