import { archiveRuns } from '../jobs/start-job.ts';
import { type Changed, goLive, move, type Verb, wrongState } from './lifecycle.ts';

/**
 * published or paused → archived. Takes the journey out of the live rules, which then stop its runs (`Snapshot.archived`); a job then closes its open
 * runs. If an earlier call broke off before its last step, a repeat finishes it, although the repeat itself is refused.
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

/** Starts the job that closes the journey's runs. */
async function close({ deps, id, caller }: Verb, upTo: number): Promise<string> {
  await goLive(deps, id);
  await deps.rules.setPause({ journey: id }, undefined);
  return (await archiveRuns(deps, id, upTo, caller.sub)).id;
}
