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

export const atLeast = (caller: Caller, role: Role): boolean =>
  caller.role !== undefined && ROLES.indexOf(caller.role) >= ROLES.indexOf(role);

/** From the claims that the HTTP API's JWT authorizer verified; undefined where it verified none. */
export function callerOf(event: HttpEvent, rolesClaim: string): Caller | undefined {
  // Routes without authorizer have no such member.
  const claims = (event as Partial<APIGatewayProxyEventV2WithJWTAuthorizer>).requestContext?.authorizer?.jwt?.claims;
  const sub = claims?.sub;
  if (claims === undefined || sub === undefined) return undefined;
  const held = namesOf(claims[rolesClaim]);
  const role = ROLES.findLast((one) => held.includes(one));
  return { sub: String(sub), ...(role === undefined ? {} : { role }) };
}

/** API Gateway hands a list on as `[marketer approver]`; others as an array, as JSON or separated by commas. */
function namesOf(claim: unknown): string[] {
  if (Array.isArray(claim)) return claim.map(String);
  return String(claim ?? '')
    .split(/[\s,[\]"]+/)
    .filter((name) => name !== '');
}
