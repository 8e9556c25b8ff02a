import { RESUMED_A_MINUTE } from '../jobs/resume.ts';
import { releaseHeld, wakeRuns } from '../jobs/start-job.ts';
import { type Changed, move, type Verb, wrongState } from './lifecycle.ts';

/** published → paused: nobody enters, and a run that leaves a stop rests. The pointer first, so that a call broken off can be made again. */
export function pause(verb: Verb, reason: string | undefined): Promise<Changed> {
  const { deps, id } = verb;
  return move(verb, async ({ head }) => {
    if (head.published === undefined) throw wrongState('Only a published journey can be paused.');
    if (head.paused !== undefined) {
      // A resumption may have been broken off before its last step: then the pause holds on.
      await deps.rules.setPause({ journey: id }, head.paused);
      throw wrongState('It is paused already.');
    }
    const paused = { since: deps.clock(), ...(reason === undefined ? {} : { reason }) };
    await deps.rules.setPause({ journey: id }, paused);
    return { ...head, paused };
  });
}

/**
 * paused → published; jobs let parked runs and held messages go on, at a rate. The head moves last: a call broken off before finds the journey
 * paused when it is made again, and one broken off after has left nothing undone.
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
