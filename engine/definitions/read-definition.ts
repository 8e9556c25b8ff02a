import type { Head, Kind } from '../../core/definitions/definition.ts';
import { DomainError } from '../errors.ts';
import type { DefinitionDeps } from './deps.ts';
import { etagOf } from './preconditions.ts';
import { currentView, type ViewDeps } from './standing-warnings.ts';
import type { View } from './view.ts';

/** Returns the head of an existing definition; throws a 404 otherwise. */
export async function requireHead(deps: Pick<DefinitionDeps, 'definitions'>, kind: Kind, id: string): Promise<Head> {
  const head = await deps.definitions.head(kind, id);
  if (head === undefined || head.deleted)
    throw new DomainError({ code: 'not-found', detail: `There is no ${kind}/${id}.` });
  return head;
}

/** Returns the newest version, or the `n`-th. The entity tag is the newest's, because only that one can be replaced. */
export async function readDefinition(
  deps: ViewDeps,
  kind: Kind,
  id: string,
  n?: number,
): Promise<{ view: View; etag?: string; head: Head }> {
  const head = await requireHead(deps, kind, id);
  const asked = n ?? head.latest;
  // A write that broke off may have left a version with a number above the newest.
  const version = asked > head.latest ? undefined : await deps.definitions.version(kind, id, asked);
  if (version === undefined)
    throw new DomainError({ code: 'not-found', detail: `${kind}/${id} has no version ${asked}.` });
  const view = await currentView(deps, { kind, id }, head, asked, version);
  return { view, head, ...(n === undefined ? { etag: etagOf(head.rev) } : {}) };
}
