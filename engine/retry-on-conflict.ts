/** Result of an attempt if another write came first: the attempt is repeated with the new state. */
export const CONFLICT = Symbol('conflict');

/** Most attempts. A record that changes more often during one call is a fault; the queue or the client retries. */
const MAX_ATTEMPTS = 20;

/**
 * Repeats an attempt until it returns anything but `CONFLICT`. `attempt` counts from 0. Errors are passed on; after 20 conflicts, the error of
 * `onTooMany` is thrown.
 */
export async function retryOnConflict<Result>(
  attempt: (count: number) => Promise<Result | typeof CONFLICT>,
  onTooMany: () => Error,
): Promise<Result> {
  for (let count = 0; count < MAX_ATTEMPTS; count += 1) {
    const result = await attempt(count);
    if (result !== CONFLICT) return result;
  }
  throw onTooMany();
}
