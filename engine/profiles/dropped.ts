import type { DroppedKind } from '../../core/metrics/ingestion-counters.ts';
import { droppedEvent } from '../../core/metrics/profile-events.ts';
import type { ProfileDeps } from './deps.ts';

/** The work that was dropped and its subject: ids and names only. */
interface Dropped {
  kind: DroppedKind;
  home: string;
  [detail: string]: string;
}

/** Distinguishes this work from all other work of its kind, so that it is counted once however often it is tried. */
type Mark = readonly (string | number)[];

type DroppedDeps = Pick<ProfileDeps, 'metricEvents' | 'clock' | 'log'>;

/** Counts the drop as `dropped:<kind>` and logs it, since it has no other effect. */
export async function noteDropped(deps: DroppedDeps, what: Dropped, mark: Mark, why: string): Promise<void> {
  deps.log.warn('dropped', { ...what, why });
  await deps.metricEvents.publish([droppedEvent(what.kind, mark, deps.clock())]);
}

/**
 * Executes an effect. If its own content makes it impossible, it is dropped with a warning: otherwise it would fail before every later commit of its
 * profile, and that customer would never be processed again.
 */
export async function orDropped(
  deps: DroppedDeps & Pick<ProfileDeps, 'isPermanentError'>,
  what: Dropped,
  mark: Mark,
  act: () => Promise<unknown>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!deps.isPermanentError(error)) throw error;
    await noteDropped(deps, what, mark, (error as Error).message);
  }
}
