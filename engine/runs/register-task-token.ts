import { earliestResolve, resolvedByTags } from '../../core/journeys/exit-and-resume.ts';
import type { RegisterTokenInput } from '../../core/runs/run.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock } from '../ports.ts';
import { caughtUpNow } from '../profiles/caught-up.ts';
import { wake } from '../profiles/touch-runs.ts';
import { traitsAt } from '../profiles/traits.ts';
import { RunLeft } from './deps.ts';
import { journeyOfRun } from './journey-of-run.ts';
import type { Executions, RunStore } from './ports.ts';
import { stopWindow, type TimelineProfiles, timelineOf } from './timeline.ts';

export interface RegisterTokenDeps {
  runs: Pick<RunStore, 'get' | 'setToken' | 'claim'>;
  profiles: TimelineProfiles;
  catalog: Pick<CatalogStore, 'version' | 'snapshot'>;
  executions: Pick<Executions, 'resolve'>;
  clock: Clock;
}

/** Stores a wait-for's task token, then looks for an event that came before it: `docs/protocols.md#registering-a-task-token`. Returning rests. */
export async function registerTaskToken(deps: RegisterTokenDeps, input: RegisterTokenInput): Promise<void> {
  const fence = { leg: input.leg, step: input.n };
  const stored = await deps.runs.setToken(input.entry, fence, input.token, input.attempt);
  const run = await deps.runs.get(input.entry);
  if (run?.status !== 'open' || run.leg !== input.leg || run.step !== input.n)
    throw new RunLeft(`${input.entry} has left step ${input.n}`);
  if (!stored) return;
  if (await wake(deps, run)) return;
  if (run.claim !== undefined) return;

  const { definition } = await journeyOfRun(deps, run);
  const { home, events } = await timelineOf(deps.profiles, run.profile, stopWindow(definition, run));
  const { activity, snapshot } = await caughtUpNow(deps, home);
  const { trait } = traitsAt(home.profile, activity, snapshot, deps.clock());
  const match = earliestResolve(definition, run, events, trait);
  const tagged = resolvedByTags(definition, run, (tag) => activity?.tags[tag]?.since);
  const resolution = match ?? tagged;
  if (resolution === undefined) return;
  await deps.runs.claim(input.entry, fence, {
    way: resolution.way,
    by: match?.event.id ?? 'tag',
    output: resolution.output,
  });
  await wake(deps, await deps.runs.get(input.entry));
}
