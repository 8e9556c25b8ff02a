/** Reasons why a use case refuses a request. Each entry point has its own words for them: those of HTTP are in one table, in `runtime/problem.ts`. */
export type ErrorCode =
  | 'validation'
  | 'unreadable'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  /** The item has changed since the caller read it. */
  | 'precondition'
  | 'too-large'
  | 'rate-limited'
  | 'unavailable';

interface Fault {
  code: ErrorCode;
  detail: string;
  /** `path` is a JSON pointer into the request. */
  errors?: { path: string; message: string }[] | undefined;
  /** Where a definition is used that cannot be deleted. */
  references?: { kind: string; id: string }[] | undefined;
  /** Seconds after which the request may be repeated. */
  retryAfterSeconds?: number | undefined;
}

/** Thrown if a use case refuses a request. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly fault: Readonly<Fault>;
  constructor(fault: Fault) {
    super(fault.detail);
    this.fault = fault;
  }
}

/** The request is not valid. */
export const invalid = (detail: string, errors: { path: string; message: string }[]): DomainError =>
  new DomainError({ code: 'validation', detail, errors });

/** At one place. */
export const invalidAt = (path: string, message: string): DomainError => invalid(message, [{ path, message }]);

/** Thrown for a message that no retry can process: it goes to the dead-letter queue at once, with its cause, and does not stop other messages. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
}
