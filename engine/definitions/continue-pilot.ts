import { RESUMED_A_MINUTE } from '../jobs/resume.ts';
import { wakeRuns } from '../jobs/start-job.ts';
import { type Changed, type Verb, wrongState } from './lifecycle.ts';
import { etagOf, requirePreconditions } from './preconditions.ts';
import { readDefinition } from './read-definition.ts';

/**
 * Ends the pilots of the live version and of those before it; a job lets in whoever waits, at a rate. The rules come first: who enters by a copy
 * of them that is older is listed before the job looks. A repeat does both again.
 */
export async function continuePilot(verb: Verb<'journeys'>, perMinute = RESUMED_A_MINUTE): Promise<Changed> {
  const { deps, id, caller, headers, intent } = verb;
  const { view, head } = await readDefinition(deps, 'journeys', id);
  const etag = etagOf(head.rev);
  requirePreconditions(headers, etag);
  if (head.published === undefined) throw wrongState('Only the pilot of a published journey can be continued.');
  await deps.rules.continuePilots(id, head.published);
  const { id: job } = await wakeRuns(deps, id, { by: caller.sub, perMinute, cause: intent });
  return { view, etag, job };
}
