/**
 * Why a use case does not do what it was asked for. Each edge has its own words for them: those of HTTP are in one table, in
 * `runtime/problem.ts`.
 */
export type ErrorCode =
  | 'validation'
  | 'unreadable'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  /** It is not what the caller has seen any more. */
  | 'precondition'
  | 'too-large'
  | 'rate-limited'
  | 'unavailable';

interface Fault {
  code: ErrorCode;
  detail: string;
  /** `path` is a JSON pointer into what was asked. */
  errors?: { path: string; message: string }[] | undefined;
  /** Of a definition that cannot be deleted: where it is used. */
  references?: { kind: string; id: string }[] | undefined;
  /** When it may be asked again. */
  retryAfterSeconds?: number | undefined;
}

/** A use case was asked for what it does not do. */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly fault: Readonly<Fault>;
  constructor(fault: Fault) {
    super(fault.detail);
    this.fault = fault;
  }
}

/** What was asked is not valid. */
export const invalid = (detail: string, errors: { path: string; message: string }[]): DomainError =>
  new DomainError({ code: 'validation', detail, errors });

/** At one place. */
export const invalidAt = (path: string, message: string): DomainError => invalid(message, [{ path, message }]);

/** What no retry can mend: a message of a queue goes to the dead-letter queue at once, with its cause; its neighbours pass. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
}
