import { archiveRuns } from '../jobs/start-job.ts';
import { type Changed, goLive, move, type Verb, wrongState } from './lifecycle.ts';

/**
 * published or paused → archived: out of the live rules, which from then on bar its runs (`Snapshot.archived`); then a job closes its open runs.
 * An earlier call may have been broken off before its last step: that is made up for, though the repeat is refused.
 */
export async function archive(verb: Verb): Promise<Changed> {
  let upTo = 0;
  const changed = await move(verb, async ({ head }) => {
    const { published, paused: _paused, pins: _pins, ...rest } = head;
    if (published === undefined) {
      if (head.archivedUpTo !== undefined) await close(verb, head.archivedUpTo);
      throw wrongState('Only a published journey can be archived.');
    }
    upTo = Math.max(published, head.archivedUpTo ?? 0);
    return { ...rest, status: 'archived', archivedUpTo: upTo };
  });
  return { ...changed, job: await close(verb, upTo) };
}

/** The job that closes its runs. */
async function close({ deps, id, caller }: Verb, upTo: number): Promise<string> {
  await goLive(deps, id);
  await deps.rules.setPause({ journey: id }, undefined);
  return (await archiveRuns(deps, id, upTo, caller.sub)).id;
}
