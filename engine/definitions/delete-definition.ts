import { builtInHead } from '../../core/catalog/built-in.ts';
import type { Definitions } from '../../core/catalog/definitions.ts';
import type { DefinitionKind } from '../../core/catalog/kind.ts';
import { KINDS } from '../../core/catalog/kinds/registry.ts';
import { SETTINGS_ID } from '../../core/catalog/kinds/settings.ts';
import { type Head, hasLifecycle, type Kind, type Reference } from '../../core/definitions/definition.ts';
import { DomainError } from '../errors.ts';
import type { DefinitionDeps } from './deps.ts';
import { etagOf, requirePreconditions } from './preconditions.ts';
import { refreshRules } from './refresh-rules.ts';
import { MACHINES_KEPT_MS } from './superseded-versions.ts';

const PAGE = 100;

/**
 * Deletes a definition from the catalog. Its versions stay, because runs and messages use them. `follow` gets the newest content and the number of
 * this deletion, and does the rest. It must be repeatable: a repeat finishes a call that broke off, although the repeat itself is refused.
 */
export async function deleteDefinition<K extends Kind>(
  deps: DefinitionDeps,
  kind: DefinitionKind<K>,
  id: string,
  headers: Record<string, string | undefined>,
  follow: (gone: Definitions[K] | undefined, rev: number) => Promise<void>,
): Promise<void> {
  if (builtInHead(kind.kind, id) !== undefined)
    throw new DomainError({
      code: 'conflict',
      detail: `${kind.kind}/${id} is built in: it can be replaced, not deleted.`,
    });
  const head = await deps.definitions.head(kind.kind, id);
  if (head?.deleted) await finish(deps, kind, id, head, follow);
  if (head === undefined || head.deleted)
    throw new DomainError({ code: 'not-found', detail: `There is no ${kind.kind}/${id}.` });
  requirePreconditions(headers, etagOf(head.rev));
  if (hasLifecycle(kind.kind) && head.published !== undefined) {
    throw new DomainError({ code: 'conflict', detail: 'It is published: archive it first.' });
  }
  const references = await referrers(deps, { kind: kind.kind, id });
  if (references.length > 0) {
    const named = references.map((one) => `${one.kind}/${one.id}`).join(', ');
    throw new DomainError({ code: 'conflict', detail: `It is used by ${named}.`, references });
  }
  const { published: _published, paused: _paused, pins: _pins, approver: _approver, ...rest } = head;
  const next: Head = {
    ...rest,
    rev: head.rev + 1,
    deleted: true,
    ...(kind.kind === 'journeys' ? { removeMachinesAfter: deps.clock() + MACHINES_KEPT_MS } : {}),
  };
  if (!(await deps.definitions.commitHead(kind.kind, id, head.rev, next))) {
    throw new DomainError({ code: 'conflict', detail: 'It was changed at the same time; try again.' });
  }
  await finish(deps, kind, id, next, follow);
}

async function finish<K extends Kind>(
  deps: DefinitionDeps,
  kind: DefinitionKind<K>,
  id: string,
  head: Head,
  follow: (gone: Definitions[K] | undefined, rev: number) => Promise<void>,
): Promise<void> {
  if (kind.live) await refreshRules(deps, kind, id);
  await follow((await deps.definitions.version(kind.kind, id, head.latest))?.definition, head.rev);
}

/** Returns the definitions, and the settings, whose newest or live version references this one, or has pinned it. */
async function referrers(deps: DefinitionDeps, to: Reference): Promise<Reference[]> {
  const found: Reference[] = [];
  for (const kind of Object.values(KINDS)) {
    if (kind.kind !== 'settings') found.push(...(await referrersOfKind(deps, kind, to)));
  }
  const settings = await deps.definitions.head('settings', SETTINGS_ID);
  if (settings && (await refers(deps, KINDS.settings, SETTINGS_ID, settings, to)))
    found.push({ kind: 'settings', id: SETTINGS_ID });
  return found;
}

async function referrersOfKind<K extends Kind>(
  deps: DefinitionDeps,
  kind: DefinitionKind<K>,
  to: Reference,
): Promise<Reference[]> {
  const found: Reference[] = [];
  let after: string | undefined;
  do {
    const page = await deps.definitions.list(kind.kind, { limit: PAGE, after });
    for (const { id, head } of page.items) {
      const itself = kind.kind === to.kind && id === to.id;
      if (!itself && (await refers(deps, kind, id, head, to))) found.push({ kind: kind.kind, id });
    }
    after = page.next;
  } while (after !== undefined);
  return found;
}

async function refers<K extends Kind>(
  deps: DefinitionDeps,
  kind: DefinitionKind<K>,
  id: string,
  head: Head,
  to: Reference,
): Promise<boolean> {
  const versions = new Set([head.latest, ...(head.published === undefined ? [] : [head.published])]);
  for (const n of versions) {
    const version = await deps.definitions.version(kind.kind, id, n);
    if (version === undefined) continue;
    if (kind.references(version.definition).some((one) => one.kind === to.kind && one.id === to.id)) return true;
    const pins = n === head.latest ? (head.pins ?? version.pins) : version.pins;
    if (to.kind === 'content' && pins?.content?.[to.id] !== undefined) return true;
  }
  return false;
}
