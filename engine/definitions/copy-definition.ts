import type { DefinitionKind } from '../../core/catalog/kind.ts';
import type { Kind } from '../../core/definitions/definition.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { DefinitionDeps } from './deps.ts';
import { putDefinition } from './put-definition.ts';
import { requireHead } from './read-definition.ts';

export interface Copy {
  from: string;
  to: string;
  author: string;
  /** When the call was made first, if it may be a repeat. */
  since?: EpochMs | undefined;
}

/** Puts the newest version under another id, where there must be nothing. Codes, members and runs stay with the original. */
export async function copyDefinition<K extends Kind>(
  deps: DefinitionDeps,
  kind: DefinitionKind<K>,
  { from, to, author, since = Number.POSITIVE_INFINITY }: Copy,
): ReturnType<typeof putDefinition<K>> {
  const { latest } = await requireHead(deps, kind.kind, from);
  const version = await deps.definitions.version(kind.kind, from, latest);
  if (version === undefined) throw new Error(`${kind.kind}/${from} has lost its newest version`);
  const { definition, sent = definition } = version;
  return putDefinition(deps, kind, { id: to, definition, sent, author, headers: {}, newSince: since });
}
