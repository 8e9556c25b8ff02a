import type { AuditEntry } from '../../adapters/dynamo/audit.ts';
import { type EpochMs, hashId, profileKeyOfUser } from '../../core/ids.ts';
import type { Caller } from './roles.ts';
import type { Answer, RouteDeclaration } from './route.ts';

interface Asked {
  params: Record<string, string>;
  caller: Caller;
  now: EpochMs;
  body?: unknown;
}

const MAX_ID_LENGTH = 300;
const MAX_TEXT_LENGTH = 2_000;

/**
 * Returns the audit log's entry of a request, from its route alone, so that no route can be forgotten. It never contains content, traits or
 * addresses.
 */
export function auditOf(route: RouteDeclaration, asked: Asked): AuditEntry {
  const path = route.path.split('/').slice(2);
  const segments = route.actsOn === undefined ? path : [route.actsOn, ...path];
  const [kind = '', ...verb] = segments.filter((segment) => !segment.startsWith('{'));
  const named = Object.entries(asked.params).map(([name, value]) => nameOf(kind, name, value));
  const { comment, reason, dryRun } = fieldsOf(asked.body);
  const said = text(comment) ?? text(reason);
  const method = route.method.toLowerCase();
  return {
    at: asked.now,
    actor: asked.caller.sub,
    action: `${method === 'post' ? verb.join(' ') || 'create' : [method, ...verb].join(' ')}${dryRun === true ? ' (dry run)' : ''}`,
    kind,
    id: bounded(named.join('/')),
    ...(said === undefined ? {} : { comment: said.slice(0, MAX_TEXT_LENGTH) }),
  };
}

/** Returns the id (if the path names none) and the version of the created item, from the answer. */
export function madeOf(entry: AuditEntry, { body }: Answer): Pick<AuditEntry, 'id' | 'version'> {
  const made = fieldsOf(body);
  const id = entry.id || bounded(text(made.id) ?? '');
  return { id, ...(typeof made.version === 'number' ? { version: made.version } : {}) };
}

/** Ids of customers, and addresses, may be personal data, and the log outlives an erased profile: so they are stored as hashes. */
function nameOf(kind: string, name: string, value: string): string {
  if (name === 'profileId' || (kind === 'profiles' && name === 'id')) return profileKeyOfUser(value);
  return name === 'address' ? hashId('address', value) : value;
}

const bounded = (id: string): string => (id.length <= MAX_ID_LENGTH ? id : `${id.slice(0, 200)}…${hashId(id)}`);

const fieldsOf = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? { ...value } : {};
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
