import { archiveRuns } from '../jobs/start-job.ts';
import { type Changed, goLive, move, type Verb, wrongState } from './lifecycle.ts';

/**
 * published or paused → archived: out of the live rules, which from then on bar its runs (`Snapshot.archived`); then a job closes its open runs.
 * Repeated on an archived journey, it is the same job.
 */
export async function archive(verb: Verb): Promise<Changed> {
  const { deps, id } = verb;
  let upTo = 0;
  const changed = await move(verb, async ({ head }) => {
    const { published, paused: _paused, pins: _pins, ...rest } = head;
    if (published === undefined && head.archivedUpTo === undefined)
      throw wrongState('Only a published journey can be archived.');
    const archivedUpTo = Math.max(published ?? 0, head.archivedUpTo ?? 0);
    upTo = archivedUpTo;
    return { ...rest, status: 'archived', archivedUpTo };
  });
  await goLive(deps, id);
  await deps.rules.setPause({ journey: id }, undefined);
  const { id: job } = await archiveRuns(deps, id, upTo, verb.caller.sub);
  return { ...changed, job };
}
