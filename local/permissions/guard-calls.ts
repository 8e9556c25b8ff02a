import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { Guard } from '../direct/clients.ts';
import { type Call, callsOf, namedCall, requestedCalls } from './calls.ts';
import { type Permission, refusal } from './role-permissions.ts';

export class AccessDeniedError extends Error {
  override readonly name = 'AccessDeniedException';
  /** Fields by which the SDK's errors show that the service has answered. */
  readonly $metadata = { httpStatusCode: 403 };
}

interface Caller {
  name: string;
  permissions: Permission[];
}

function denied({ name, permissions }: Caller, calls: Call[]): AccessDeniedError | undefined {
  const [refused] = calls.flatMap((call) => refusal(permissions, call) ?? []);
  return refused === undefined ? undefined : new AccessDeniedError(`${name} is not authorized to perform: ${refused}`);
}

/** For a call that is not sent as a request. @throws AccessDeniedError where its caller's role in the templates does not allow it */
export function guardCall(who: Caller | undefined, ...[service, operation, input]: Parameters<Guard>): void {
  if (who === undefined) return;
  const calls =
    typeof input === 'string' ? requestedCalls(operation, input) : namedCall(service, operation, input, () => input);
  const error = denied(who, calls);
  if (error !== undefined) throw error;
}

const textOf = (body: unknown): string =>
  body instanceof Uint8Array ? Buffer.from(body).toString() : typeof body === 'string' ? body : '';

/** Makes this thread's calls to AWS fail if the role of their caller in the templates does not allow them, as they would in AWS. */
export function guardCalls(caller: () => Caller | undefined): void {
  const { request } = http;
  const guarded = (...args: Parameters<typeof request>): http.ClientRequest => {
    const made = request(...args);
    const who = caller();
    if (who === undefined) return made;
    const end = made.end.bind(made);
    made.end = (...body: unknown[]) => {
      const headers = {
        authorization: made.getHeader('authorization'),
        'x-amz-target': made.getHeader('x-amz-target'),
      };
      const error = denied(who, callsOf(headers, made.path, textOf(body[0])));
      return error === undefined ? end(...(body as [])) : made.destroy(error);
    };
    return made;
  };
  http.request = guarded as typeof request;
  syncBuiltinESMExports();
}
