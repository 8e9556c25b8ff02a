import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import type { HttpEvent } from '../handlers/http-handler.ts';

/** Each has the rights of those before it. */
export const ROLES = ['viewer', 'marketer', 'approver', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who calls. `role` is the highest of the token's; absent where it holds none that we know. */
export interface Caller {
  sub: string;
  role?: Role;
}

/** OpenID Connect Core 1.0, section 2: `sub` has at most 255 characters. */
const MAX_SUB_LENGTH = 255;

export const atLeast = (caller: Caller, role: Role): boolean =>
  caller.role !== undefined && ROLES.indexOf(caller.role) >= ROLES.indexOf(role);

/** From the claims that the HTTP API's JWT authorizer verified; undefined where it verified none, or nobody that can be named. */
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
 * API Gateway hands a list on as `[marketer approver]` and a text as it is; anything else holds no role. A comma, a quote or a bracket is part of a
 * name: whoever may make a group `x,admin` is no admin.
 */
function namesOf(claim: unknown): unknown[] {
  if (Array.isArray(claim)) return claim;
  if (typeof claim !== 'string') return [];
  return claim.startsWith('[') && claim.endsWith(']') ? claim.slice(1, -1).split(' ') : [claim];
}
