import { RESUMED_A_MINUTE } from '../shared/jobs/resume.ts';
import { releaseHeld, wakeRuns } from '../shared/jobs/start-job.ts';
import { type Changed, move, type Verb, wrongState } from './lifecycle.ts';

/** published → paused: nobody enters, and a run that leaves a stop rests. The pointer first, so that a call broken off can be made again. */
export function pause(verb: Verb, reason: string | undefined): Promise<Changed> {
  const { deps, id } = verb;
  return move(verb, async ({ head }) => {
    if (head.published === undefined) throw wrongState('Only a published journey can be paused.');
    if (head.paused !== undefined) throw wrongState('It is paused already.');
    const paused = { since: deps.clock(), ...(reason === undefined ? {} : { reason }) };
    await deps.rules.setPause({ journey: id }, paused);
    return { ...head, paused };
  });
}

/** paused → published; a job lets parked runs and held messages go on, at a rate. */
export async function resume(verb: Verb, perMinute = RESUMED_A_MINUTE): Promise<Changed> {
  const { deps, id, caller } = verb;
  const changed = await move(verb, async ({ head }) => {
    if (head.paused === undefined) throw wrongState('It is not paused.');
    await deps.rules.setPause({ journey: id }, undefined);
    const { paused: _paused, ...rest } = head;
    return rest;
  });
  await releaseHeld(deps, `journey:${id}`, caller.sub, perMinute);
  const job = await wakeRuns(deps, id, caller.sub, perMinute);
  return { ...changed, job: job.id };
}
