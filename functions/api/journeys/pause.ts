import type { EntryId } from '../../../core/ids.ts';
import type { EnrolmentMessage } from '../../../core/runs/run.ts';
import { inParallel } from '../../shared/adapters/parallel.ts';
import type { Deps } from '../deps.ts';
import { type Changed, move, type Verb, wrongState } from './lifecycle.ts';

/** Runs looked at in one call; the tick finds the rest. */
const MOST_PAGES = 20;
const PAGE = 100;

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

/** paused → published; parked runs go on at once, those that this does not reach at their next look. */
export async function resume(verb: Verb): Promise<Changed> {
  const { deps, id } = verb;
  const changed = await move(verb, async ({ head }) => {
    if (head.paused === undefined) throw wrongState('It is not paused.');
    await deps.rules.setPause({ journey: id }, undefined);
    const { paused: _paused, ...rest } = head;
    return rest;
  });
  await deps.releaseHeld(`journey:${id}`);
  await wakeParked(deps, id);
  return changed;
}

/** A hint only: `enrol` looks whether the run still is parked, and the tick finds each parked run by its `dueAt`. */
async function wakeParked(deps: Deps, journey: string): Promise<void> {
  let cursor: Record<string, unknown> | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const { entries, next } = await deps.runs.byJourney(journey, { limit: PAGE, cursor });
    const parked = await inParallel(8, entries, (entry) => nextLeg(deps, entry));
    await deps.queues.enrolments.send(parked.filter((message) => message !== undefined).map((body) => ({ body })));
    if (next === undefined) return;
    cursor = next;
  }
}

async function nextLeg(deps: Deps, entry: EntryId): Promise<EnrolmentMessage | undefined> {
  const run = await deps.runs.get(entry);
  return run?.status === 'parked' ? { entry, leg: run.leg + 1 } : undefined;
}
