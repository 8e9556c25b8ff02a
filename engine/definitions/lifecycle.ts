import type { Version } from '../../core/catalog/definitions.ts';
import type { Head, Kind } from '../../core/definitions/definition.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import { DomainError } from '../errors.ts';
import type { LifecycleDeps } from './deps.ts';
import type { LifecycleKind } from './lifecycles/lifecycle-kind.ts';
import { etagOf, requirePreconditions } from './preconditions.ts';
import { requireHead } from './read-definition.ts';
import { refreshRules } from './refresh-rules.ts';
import { currentView } from './standing-warnings.ts';
import type { View } from './view.ts';

/** A definition as a verb finds it. */
export interface Found<K extends Kind> {
  id: string;
  head: Head;
  /** The newest version. */
  version: Version<K>;
}

export interface Verb<K extends Kind, Deps extends LifecycleDeps = LifecycleDeps> {
  deps: Deps;
  of: LifecycleKind<K, Deps>;
  id: string;
  /** The caller. */
  caller: { sub: string };
  headers: Record<string, string | undefined>;
  /** Identifies the call: the same for all repeats under one `Idempotency-Key`. */
  intent: string;
}

/** The new head, and the new version if the verb creates one. */
export type Transitioned<K extends Kind> = Head | { head: Head; version: Version<K> };

export interface Changed {
  view: View;
  etag: string;
  /** Id of the job that does the remaining work. */
  job?: string;
}

/**
 * Moves a definition's head by one verb: `next` evaluates what is there (throws a 409 where the state is wrong) and says what shall be; it is called
 * anew when somebody else's verb came first, so what it does besides must be repeatable.
 */
export async function transition<K extends Kind, Deps extends LifecycleDeps>(
  verb: Verb<K, Deps>,
  next: (found: Found<K>) => Promise<Transitioned<K>>,
): Promise<Changed> {
  const { deps, of, id } = verb;
  const { kind } = of.kind;
  return retryOnConflict(
    async () => {
      const head = await requireHead(deps, kind, id);
      requirePreconditions(verb.headers, etagOf(head.rev));
      const newest = await newestVersion(deps, kind, id, head);
      const made = await next({ id, head, version: newest });
      const [changed, version] = 'head' in made ? [made.head, made.version] : [made, undefined];
      const latest =
        version === undefined ? changed.latest : await putVersion(deps, kind, id, head.latest + 1, version);
      const moved = { ...changed, latest, rev: head.rev + 1 };
      if (await deps.definitions.commitHead(kind, id, head.rev, moved)) {
        const shown = version ?? (latest === head.latest ? newest : await newestVersion(deps, kind, id, moved));
        return { view: await currentView(deps, { kind, id }, moved, latest, shown), etag: etagOf(moved.rev) };
      }
      if (version !== undefined) await deps.definitions.removeVersion(kind, id, latest, moved.rev);
      return CONFLICT;
    },
    () => new DomainError({ code: 'conflict', detail: `Others change this ${of.noun} at the same time; try again.` }),
  );
}

export async function newestVersion<K extends Kind>(
  { definitions }: Pick<LifecycleDeps, 'definitions'>,
  kind: K,
  id: string,
  { latest }: Head,
): Promise<Version<K>> {
  const version = await definitions.version(kind, id, latest);
  if (version === undefined) throw new Error(`${kind}/${id} has lost its version ${latest}`);
  return version;
}

/** Puts the version under the first free number from `from`. A number may be taken by a write that broke off, or by one that is about to succeed. */
async function putVersion<K extends Kind>(
  deps: LifecycleDeps,
  kind: K,
  id: string,
  from: number,
  version: Version<K>,
): Promise<number> {
  let n = from;
  while (!(await deps.definitions.putVersion(kind, id, n, version))) n += 1;
  return n;
}

/** Throws a 409 unless the newest version is in one of these states. */
export function requireStatus(noun: string, head: Head, verb: string, ...allowed: Head['status'][]): void {
  if (allowed.includes(head.status)) return;
  throw wrongState(`Only ${allowed.join(' or ')} ${noun}s can be ${verb}; this one is ${head.status}.`);
}

export const wrongState = (detail: string): DomainError => new DomainError({ code: 'conflict', detail });

/** Brings the live rules up to the definition's head. */
export const updateLiveRules = <K extends Kind>({
  deps,
  of,
  id,
}: Pick<Verb<K>, 'deps' | 'id'> & { of: Pick<LifecycleKind<K, unknown>, 'kind'> }): Promise<void> =>
  refreshRules(deps, of.kind, id);
