/** An attempt answers this where another write came first: it is made again on what is there now. */
export const CONFLICT = Symbol('conflict');

/** A thing that changes more often than this while one call works on it is a fault; the queue or the client tries again. */
const MAX_ATTEMPTS = 20;

/**
 * Makes an attempt until it answers anything but `CONFLICT`. `attempt` counts from 0. Errors are thrown on; after 20 conflicts the error is
 * `onTooMany`'s.
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
