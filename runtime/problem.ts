import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** What `type` means in HTTP: the one table. */
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
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemType = keyof typeof STATUS;

/** RFC 9457 problem. `errors[].path` is a JSON pointer into what was sent. */
export interface Problem {
  type: ProblemType;
  detail: string;
  errors?: { path: string; message: string }[];
  /** Of a definition that cannot be deleted: where it is used. */
  references?: { kind: string; id: string }[];
  /** As Segment's API words its errors (extension members of the RFC). analytics-python 1.4 takes an answer without them for a broken network. */
  segment?: { code: string; message: string };
  headers?: Record<string, string>;
}

export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export const statusOf = ({ problem }: ProblemError): number => STATUS[problem.type][0];

/** The answer, as `application/problem+json`. An unreadable body is of type `/problems/validation` with status 400. */
export function problemResponse(problem: Problem): APIGatewayProxyStructuredResultV2 {
  const [status, title] = STATUS[problem.type];
  const type = `/problems/${problem.type === 'unreadable' ? 'validation' : problem.type}`;
  return {
    statusCode: status,
    headers: { 'content-type': 'application/problem+json', ...problem.headers },
    body: JSON.stringify({
      type,
      title,
      status,
      detail: problem.detail,
      errors: problem.errors,
      references: problem.references,
      ...problem.segment,
    }),
  };
}
