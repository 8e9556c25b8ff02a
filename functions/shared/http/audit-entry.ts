import { type EpochMs, profileKeyOfUser } from '../../../core/ids.ts';
import type { AuditEntry } from '../adapters/audit.dynamo.ts';
import type { Caller } from './roles.ts';
import type { Answer, RouteDeclaration } from './route.ts';

interface Acted {
  params: Record<string, string>;
  caller: Caller;
  now: EpochMs;
  body?: unknown;
  answer?: Answer;
  refused?: string;
}

/** What the audit log keeps of a request, from its route alone: no route can be forgotten. Never content, traits or addresses. */
export function auditOf(route: RouteDeclaration, acted: Acted): AuditEntry {
  const segments = route.path.split('/').slice(2);
  const literals = segments.filter((segment) => !segment.startsWith('{'));
  const [kind = '', ...verb] = literals;
  const made = fieldsOf(acted.answer?.body);
  const [first = '', ...others] = Object.values(acted.params);
  // Profiles' ids may be addresses; the log outlives an erased profile.
  const named = [kind === 'profiles' && first !== '' ? profileKeyOfUser(first) : first, ...others].join('/');
  const id = named || text(made.id) || '';
  const comment = text(fieldsOf(acted.body).comment);
  const version = typeof made.version === 'number' ? made.version : undefined;
  const method = route.method.toLowerCase();
  return {
    at: acted.now,
    actor: acted.caller.sub,
    action: method === 'post' ? verb.join(' ') || 'create' : [method, ...verb].join(' '),
    kind,
    id,
    ...(version === undefined ? {} : { version }),
    ...(comment === undefined ? {} : { comment }),
    ...(acted.refused === undefined ? {} : { refused: acted.refused }),
  };
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? { ...value } : {};
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
