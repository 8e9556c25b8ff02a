import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import type { HttpEvent } from '../handlers/http-handler.ts';

/** Each role has the rights of those before it. */
export const ROLES = ['viewer', 'marketer', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** The caller. `role` is the highest of the token's; absent if it has none that we know. */
export interface Caller {
  sub: string;
  role?: Role;
}

/** OpenID Connect Core 1.0, section 2: `sub` has at most 255 characters. */
const MAX_SUB_LENGTH = 255;

export const atLeast = (caller: Caller, role: Role): boolean =>
  caller.role !== undefined && ROLES.indexOf(caller.role) >= ROLES.indexOf(role);

/** Reads the caller from the claims that the HTTP API's JWT authorizer verified; undefined if there are none, or they name nobody. */
export function callerOf(event: HttpEvent, rolesClaim: string): Caller | undefined {
  // Routes without authorizer have no such member.
  const claims: Record<string, unknown> | undefined = (event as Partial<APIGatewayProxyEventV2WithJWTAuthorizer>)
    .requestContext?.authorizer?.jwt?.claims;
  const sub = claims?.sub;
  if (claims === undefined || typeof sub !== 'string' || sub === '' || sub.length > MAX_SUB_LENGTH) return undefined;
  const held = namesOf(claims[rolesClaim]);
  const role = ROLES.findLast((one) => held.includes(one));
  return { sub, ...(role === undefined ? {} : { role }) };
}

/**
 * API Gateway passes a list as `[marketer approver]` and a text as it is; anything else contains no role. A comma, a quote or a bracket is part of a
 * name: a group `x,admin` does not make an admin.
 */
function namesOf(claim: unknown): unknown[] {
  if (Array.isArray(claim)) return claim;
  if (typeof claim !== 'string') return [];
  return claim.startsWith('[') && claim.endsWith(']') ? claim.slice(1, -1).split(' ') : [claim];
}
