import { PoisonError } from '../../engine/errors.ts';

/**
 * Names of AWS errors that say that the request itself is wrong, as an item or a key that is too large (DynamoDB), a state machine's input
 * (Step Functions) or a message (SQS): the same request fails for ever.
 */
const PERMANENT = new Set([
  'ValidationException',
  'InvalidMessageContents',
  'BatchRequestTooLong',
  'AWS.SimpleQueueService.BatchRequestTooLong',
]);

/** Why no retry can mend this; undefined: one may. */
export function poisonCause(error: unknown): string | undefined {
  if (error instanceof PoisonError) return error.message;
  return error instanceof Error && PERMANENT.has(error.name) ? `${error.name}: ${error.message}` : undefined;
}
