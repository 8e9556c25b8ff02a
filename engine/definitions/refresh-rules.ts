import { nextSnapshot } from '../../core/catalog/build-snapshot.ts';
import type { DefinitionKind, Live } from '../../core/catalog/kind.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import type { Kind } from '../../core/definitions/definition.ts';
import type { DefinitionDeps } from './deps.ts';

type RefreshDeps = Pick<DefinitionDeps, 'definitions' | 'rules' | 'clock'>;

/**
 * Updates the live rules with one definition's live version, and moves the pointer. Idempotent: after a crash between a definition's write and this,
 * a repeat of the call finishes it. The later of two concurrent calls reads the definition after the earlier one moved the pointer, so no change is
 * lost.
 */
export async function refreshRules<K extends Kind>(
  deps: RefreshDeps,
  kind: DefinitionKind<K>,
  id: string,
): Promise<void> {
  const { apply } = kind;
  if (apply === undefined) return;
  await deps.rules.change(deps.clock(), async (live) => nextSnapshot(live, await applied(deps, kind, id, live)));
}

async function applied<K extends Kind>(
  deps: RefreshDeps,
  kind: DefinitionKind<K>,
  id: string,
  live: Snapshot,
): Promise<Snapshot> {
  const head = await deps.definitions.head(kind.kind, id);
  const n = head === undefined || head.deleted ? undefined : kind.live ? head.latest : head.published;
  const version = n === undefined ? undefined : await deps.definitions.version(kind.kind, id, n);
  const now: Live<K> | undefined =
    n === undefined || version === undefined
      ? undefined
      : { version: n, definition: version.definition, ...(version.pins ? { pins: version.pins } : {}) };
  return kind.apply?.(live, id, now, { archivedUpTo: head?.archivedUpTo }) ?? live;
}
