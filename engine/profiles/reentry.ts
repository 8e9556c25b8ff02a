import { asksForEntries, isOverKeys, mayReenter, mayReenterOverKeys } from '../../core/journeys/entry.ts';
import { exitOf } from '../../core/journeys/exit-and-resume.ts';
import { goesWithEntryDate } from '../../core/journeys/followed-traits.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { anyKeySlot, type NewRun, type OpenRun, runSlot } from '../../core/profiles/activity.ts';
import type { Run } from '../../core/runs/run.ts';
import type { EntryCandidate, EntryDeps } from './entry-candidate.ts';

export async function refusedBefore(
  deps: EntryDeps,
  candidate: EntryCandidate,
  runKey: string,
): Promise<'open' | 'reentry' | undefined> {
  const { live, event } = candidate;
  const slot = runSlot(live.id, runKey);
  const there = candidate.open[slot];
  if (there !== undefined) {
    if ((await stillOpen(deps, candidate, there)) !== undefined) return 'open';
    if (!mayReenter(live.definition, there.at, event.at)) return 'reentry';
  } else if (asksForEntries(live.definition) && !candidate.activity.neverLeft) {
    const last = await deps.profiles.readEntered(candidate.key, slot);
    if (last !== undefined && !mayReenter(live.definition, last.at, event.at)) return 'reentry';
  }
  return refusedOverKeys(deps, candidate);
}

/** Reads the item of a run that is listed as open, because it may have ended without an event yet. Returns undefined if it has. */
async function stillOpen(
  deps: EntryDeps,
  candidate: EntryCandidate,
  there: OpenRun | NewRun,
): Promise<OpenRun | NewRun | Run | undefined> {
  const run = 'data' in there ? there : await deps.runs.get(there.entry);
  if (run === undefined) return there;
  if ('status' in run && run.status === 'closed') return undefined;
  return (await isEnding(deps, candidate, run)) ? undefined : run;
}

/** For a date entry, entries of other years, months or dates count too: runs that are listed as open, and the last run that has left. */
async function refusedOverKeys(deps: EntryDeps, candidate: EntryCandidate): Promise<'open' | 'reentry' | undefined> {
  const { key, live, event, open, activity } = candidate;
  if (!isOverKeys(live.definition)) return undefined;
  const left = activity.neverLeft ? undefined : await deps.profiles.readEntered(key, anyKeySlot(live.id));
  const entered = Object.values(open).filter(({ journey, isTest }) => journey === live.id && !isTest);
  for (const there of entered) if (await goesWithDate(deps, candidate, there)) return 'open';
  const isFollowed = [...entered, ...(left === undefined ? [] : [left])].every(({ at }) =>
    mayReenterOverKeys(live.definition, at, event.at),
  );
  return isFollowed ? undefined : 'reentry';
}

/**
 * Returns whether an open run still rests until the date, which has moved with it: the run then reminds of the new date, and a second run would send
 * everything twice.
 */
async function goesWithDate(deps: EntryDeps, candidate: EntryCandidate, there: OpenRun | NewRun): Promise<boolean> {
  const run = await stillOpen(deps, candidate, there);
  if (run === undefined) return false;
  const definition = await definitionOf(deps, run);
  return definition !== undefined && goesWithEntryDate(definition, 'node' in run ? run.node : undefined);
}

/** `PUT` validated what the catalog holds as a journey. */
const definitionOf = async (deps: EntryDeps, run: Pick<OpenRun, 'journey' | 'version'>) =>
  (await deps.catalog.version('journeys', run.journey, run.version))?.definition as Journey | undefined;

/**
 * Exits are processed before entries: a run that this event, or one before it, ends does not prevent the entry. The executor that ends the run
 * handles its messages and traits.
 */
async function isEnding(deps: EntryDeps, { fresh, event }: EntryCandidate, run: Run | NewRun): Promise<boolean> {
  const definition = await definitionOf(deps, run);
  if (definition === undefined) return false;
  const so = { ...run, visits: {} };
  return fresh.slice(0, fresh.indexOf(event) + 1).some((one) => exitOf(definition, so, one) !== undefined);
}
