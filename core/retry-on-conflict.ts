/** Result of an attempt if another write came first: the attempt is repeated with the new state. */
export const CONFLICT = Symbol('conflict');

/** A record that changes more often during one call is a fault; the queue or the client retries. */
const MAX_ATTEMPTS = 20;

/**
 * Repeats an attempt until it returns anything but `CONFLICT`. The attempt is given its number, from 0. Errors are passed on; after `maxAttempts`
 * conflicts, the error of `onTooMany` is thrown.
 */
export async function retryOnConflict<Result>(
  attempt: (count: number) => Promise<Result | typeof CONFLICT>,
  onTooMany: () => Error,
  maxAttempts = MAX_ATTEMPTS,
): Promise<Result> {
  for (let count = 0; count < maxAttempts; count += 1) {
    const result = await attempt(count);
    if (result !== CONFLICT) return result;
  }
  throw onTooMany();
}
