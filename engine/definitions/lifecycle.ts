import type { Version } from '../../core/catalog/definitions.ts';
import { journeys } from '../../core/catalog/kinds/journey.ts';
import type { Head } from '../../core/definitions/definition.ts';
import { DomainError } from '../errors.ts';
import { CONFLICT, retryOnConflict } from '../retry-on-conflict.ts';
import type { LifecycleDeps } from './deps.ts';
import { etagOf, requirePreconditions } from './preconditions.ts';
import { requireHead } from './read-definition.ts';
import { refreshRules } from './refresh-rules.ts';
import { currentView } from './standing-warnings.ts';
import type { View } from './view.ts';

/** A journey before a lifecycle verb. */
export interface Found {
  id: string;
  head: Head;
  /** The newest version. */
  version: Version<'journeys'>;
}

export interface Verb {
  deps: LifecycleDeps;
  id: string;
  /** The caller. */
  caller: { sub: string };
  headers: Record<string, string | undefined>;
  /** Identifies the call: the same for all repeats under one `Idempotency-Key`. */
  intent: string;
}

/** The new head, and the new version if the verb creates one. */
export type Moved = Head | { head: Head; version: Version<'journeys'> };

export interface Changed {
  view: View;
  etag: string;
  /** Id of the job that does the remaining work. */
  job?: string;
}

/**
 * Changes a journey's head by one verb. `next` checks the present state (throws a 409 if it is wrong) and returns the new one. It is called again if
 * another verb came first, so its side effects must be repeatable.
 */
export async function move(verb: Verb, next: (found: Found) => Promise<Moved>): Promise<Changed> {
  const { deps, id } = verb;
  return retryOnConflict(
    async () => {
      const head = await requireHead(deps, 'journeys', id);
      requirePreconditions(verb.headers, etagOf(head.rev));
      const newest = await newestVersion(deps, id, head);
      const made = await next({ id, head, version: newest });
      const [changed, version] = 'head' in made ? [made.head, made.version] : [made, undefined];
      const latest = version === undefined ? changed.latest : await putVersion(deps, id, head.latest + 1, version);
      const moved = { ...changed, latest, rev: head.rev + 1 };
      if (await deps.definitions.commitHead('journeys', id, head.rev, moved)) {
        const shown = version ?? (latest === head.latest ? newest : await newestVersion(deps, id, moved));
        return {
          view: await currentView(deps, { kind: 'journeys', id }, moved, latest, shown),
          etag: etagOf(moved.rev),
        };
      }
      if (version !== undefined) await deps.definitions.removeVersion('journeys', id, latest);
      return CONFLICT;
    },
    () => new DomainError({ code: 'conflict', detail: 'Others change this journey at the same time; try again.' }),
  );
}

export async function newestVersion(
  { definitions }: Pick<LifecycleDeps, 'definitions'>,
  id: string,
  { latest }: Head,
): Promise<Version<'journeys'>> {
  const version = await definitions.version('journeys', id, latest);
  if (version === undefined) throw new Error(`journeys/${id} has lost its version ${latest}`);
  return version;
}

/** Puts the version under the first free number from `from`. A number may be taken by a write that broke off, or by one that is about to succeed. */
async function putVersion(
  deps: LifecycleDeps,
  id: string,
  from: number,
  version: Version<'journeys'>,
): Promise<number> {
  let n = from;
  while (!(await deps.definitions.putVersion('journeys', id, n, version))) n += 1;
  return n;
}

/** Throws a 409 unless the newest version is in one of these states. */
export function requireStatus({ head }: Found, verb: string, ...allowed: Head['status'][]): void {
  if (allowed.includes(head.status)) return;
  throw wrongState(`Only ${allowed.join(' or ')} journeys can be ${verb}; this one is ${head.status}.`);
}

export const wrongState = (detail: string): DomainError => new DomainError({ code: 'conflict', detail });

/** Updates the live rules to the journey's head. */
export const goLive = (deps: LifecycleDeps, id: string): Promise<void> => refreshRules(deps, journeys, id);
