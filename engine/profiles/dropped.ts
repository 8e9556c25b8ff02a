import type { ProfileDeps } from './deps.ts';

/** What was to be done and for whom; ids and names only. */
interface Dropped {
  kind: string;
  home: string;
  [detail: string]: string;
}

type DroppedDeps = Pick<ProfileDeps, 'metricEvents' | 'clock' | 'log'>;

/** Counted as `dropped:<kind>`, and logged: nobody else would know of it. */
export async function noteDropped(deps: DroppedDeps, what: Dropped, why: string): Promise<void> {
  deps.log.warn('dropped', { ...what, why });
  await deps.metricEvents.publish([{ at: deps.clock(), scopes: ['profiles'], name: `dropped:${what.kind}` }]);
}

/**
 * Carries out an effect; what cannot be done because of its own content is dropped with a warning. It would fail before every later commit of
 * its profile, and nothing more would ever be heard of that customer.
 */
export async function orDropped(
  deps: DroppedDeps & Pick<ProfileDeps, 'isPermanent'>,
  what: Dropped,
  act: () => Promise<unknown>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!deps.isPermanent(error)) throw error;
    await noteDropped(deps, what, (error as Error).message);
  }
}
