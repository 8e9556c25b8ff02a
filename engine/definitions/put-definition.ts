import type { Definitions, Version } from '../../core/catalog/definitions.ts';
import type { DefinitionKind } from '../../core/catalog/kind.ts';
import { canonicalJson, contentHash } from '../../core/definitions/canonical.ts';
import { type Compiled, type Head, hasLifecycle, type Issue, type Kind } from '../../core/definitions/definition.ts';
import type { EpochMs } from '../../core/ids.ts';
import { CONFLICT, retryOnConflict } from '../../core/retry-on-conflict.ts';
import { foreignContent } from '../../core/templates/check.ts';
import { DomainError, invalid } from '../errors.ts';
import { checkView } from './check.ts';
import { compileTemplate } from './compile-template.ts';
import type { DefinitionDeps } from './deps.ts';
import { etagOf, requirePreconditions } from './preconditions.ts';
import { refreshRules } from './refresh-rules.ts';
import { currentView } from './standing-warnings.ts';
import type { View } from './view.ts';

export interface PutRequest<K extends Kind> {
  id: string;
  definition: Definitions[K];
  /** The request body before the schema added defaults. */
  sent: unknown;
  author: string;
  headers: Record<string, string | undefined>;
  /** Entity tag before the first write. */
  unwritten?: string;
  /** Refuses an id that exists (409), unless this author has made the same of it since: then an earlier try of the call did. */
  newSince?: EpochMs;
}

/** Writes a new version if the content has changed. Then, if the kind is live at PUT, updates the live rules. */
export async function putDefinition<K extends Kind>(
  deps: DefinitionDeps,
  kind: DefinitionKind<K>,
  put: PutRequest<K>,
): Promise<{ created: boolean; view: View; etag: string }> {
  let prepared: Prepared | undefined;
  return retryOnConflict(
    async () => {
      const head = await deps.definitions.head(kind.kind, put.id);
      const there = head !== undefined && !head.deleted ? head : undefined;
      requirePreconditions(put.headers, there === undefined ? put.unwritten : etagOf(there.rev));
      const same = there && (await unchanged(deps, kind, put, there));
      if (there !== undefined && put.newSince !== undefined) return requireOwnRepeat(kind, put, same);
      if (same) return same;
      prepared ??= await prepare(deps, kind, put);
      const written = await write(deps, kind, put, head, prepared);
      if (written === undefined) return CONFLICT;
      if (kind.live) await refreshRules(deps, kind, put.id);
      return { created: there === undefined, ...written };
    },
    () => new DomainError({ code: 'conflict', detail: 'Others write this definition at the same time; try again.' }),
  );
}

/** Identical content makes no version. The live rules are updated all the same, because an earlier call may have broken off. */
async function unchanged<K extends Kind>(
  deps: DefinitionDeps,
  kind: DefinitionKind<K>,
  put: PutRequest<K>,
  head: Head,
) {
  if (head.hash !== contentHash(put.definition) || head.status === 'archived') return undefined;
  const version = await deps.definitions.version(kind.kind, put.id, head.latest);
  if (version === undefined) return undefined;
  if (kind.live) await refreshRules(deps, kind, put.id);
  return {
    created: false,
    view: await currentView(deps, { kind: kind.kind, id: put.id }, head, head.latest, version),
    etag: etagOf(head.rev),
  };
}

function requireOwnRepeat<K extends Kind>(
  { kind }: DefinitionKind<K>,
  { id, author, newSince = 0 }: PutRequest<K>,
  same: { view: View; etag: string } | undefined,
) {
  const isMine = same?.view.author === author && Date.parse(same.view.at) >= newSince;
  if (!isMine) throw new DomainError({ code: 'conflict', detail: `There is ${kind}/${id} already.` });
  return { ...same, created: true };
}

interface Prepared {
  warnings: Issue[];
  compiled?: Compiled;
}

async function prepare<K extends Kind>(
  deps: DefinitionDeps,
  kind: DefinitionKind<K>,
  put: PutRequest<K>,
): Promise<Prepared> {
  const { errors, warnings } = kind.check(put.id, put.definition, await checkView(deps, kind, put.definition));
  // The kind determines the type of the definition; TypeScript does not narrow generics by it.
  const template = kind.kind === 'templates' ? (put.definition as Definitions['templates']) : undefined;
  const foreign = template === undefined ? [] : foreignContent(template, deps.deployed);
  if (errors.length + foreign.length > 0) throw invalid('The definition cannot work.', [...errors, ...foreign]);
  if (template === undefined) return { warnings };
  const compiled = await compileTemplate(deps.mjml, template);
  if ('errors' in compiled) throw invalid('The MJML does not compile.', compiled.errors);
  return { warnings, compiled };
}

/** Writes the version first, then the head. Returns undefined if another write came in between. */
async function write<K extends Kind>(
  deps: DefinitionDeps,
  kind: DefinitionKind<K>,
  put: PutRequest<K>,
  head: Head | undefined,
  prepared: Prepared,
) {
  const version: Version<K> = {
    definition: put.definition,
    ...(canonicalJson(put.definition) === canonicalJson(put.sent) ? {} : { sent: put.sent }),
    author: put.author,
    at: deps.clock(),
    ...prepared,
  };
  let n = (head?.latest ?? 0) + 1;
  // A number may be taken by a write that broke off, or by one that is about to succeed.
  while (!(await deps.definitions.putVersion(kind.kind, put.id, n, version))) n += 1;
  const next = nextHead(kind, put, head, n);
  if (await deps.definitions.commitHead(kind.kind, put.id, head?.rev, next)) {
    return { view: await currentView(deps, { kind: kind.kind, id: put.id }, next, n, version), etag: etagOf(next.rev) };
  }
  await deps.definitions.removeVersion(kind.kind, put.id, n, next.rev);
  return undefined;
}

function nextHead<K extends Kind>(
  kind: DefinitionKind<K>,
  put: PutRequest<K>,
  head: Head | undefined,
  n: number,
): Head {
  const base = { rev: (head?.rev ?? 0) + 1, latest: n, hash: contentHash(put.definition) };
  if (!hasLifecycle(kind.kind)) return { ...base, status: 'published', published: n, authors: [] };
  const { published, paused, archivedUpTo, rejected, authors = [] } = head ?? {};
  return {
    ...base,
    status: 'draft',
    ...(published === undefined ? {} : { published }),
    ...(paused === undefined ? {} : { paused }),
    ...(archivedUpTo === undefined ? {} : { archivedUpTo }),
    ...(rejected === undefined ? {} : { rejected }),
    authors: [...new Set([...authors, put.author])],
  };
}
