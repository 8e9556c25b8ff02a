import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { DomainError, ErrorCode } from '../engine/errors.ts';

/** HTTP status and title of each error code: the only table of these. */
const STATUS = {
  validation: [422, 'Validation failed'],
  unreadable: [400, 'Bad request'],
  unauthenticated: [401, 'Unauthorized'],
  forbidden: [403, 'Forbidden'],
  'not-found': [404, 'Not found'],
  conflict: [409, 'Conflict'],
  precondition: [412, 'Precondition failed'],
  'too-large': [413, 'Content too large'],
  'rate-limited': [429, 'Too many requests'],
  internal: [500, 'Internal server error'],
  unavailable: [503, 'Service unavailable'],
} as const satisfies Record<ErrorCode | 'internal', readonly [number, string]>;

/** Codes of use cases, and of faults on our side. */
type ProblemType = keyof typeof STATUS;

export const statusOf = ({ fault }: DomainError): number => STATUS[fault.code][0];

/**
 * Returns the RFC 9457 response, `application/problem+json`. An unreadable body has the type `/problems/validation` with status 400. `extension`:
 * further members of an API's own.
 */
export function problemResponse(
  { fault }: DomainError,
  extension: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 {
  const { code, detail, errors, references, retryAfterSeconds } = fault;
  return response(code, { detail, errors, references, ...extension }, retryAfterSeconds);
}

/** Says nothing of the cause. */
export const internalProblem = (): APIGatewayProxyStructuredResultV2 =>
  response('internal', { detail: 'Something failed on our side. The request may be repeated.' });

function response(
  problem: ProblemType,
  members: Record<string, unknown>,
  retryAfterSeconds?: number,
): APIGatewayProxyStructuredResultV2 {
  const [status, title] = STATUS[problem];
  const type = `/problems/${problem === 'unreadable' ? 'validation' : problem}`;
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({ type, title, status, ...members }),
  };
}
