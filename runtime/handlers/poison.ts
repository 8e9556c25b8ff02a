import { PoisonError } from '../../engine/errors.ts';
import { withoutQuotes } from '../without-quotes.ts';

/**
 * Names of AWS errors that say that the request itself is wrong, such as an item or a key that is too large (DynamoDB), a state machine's input (Step
 * Functions) or a message (SQS): the same request would always fail.
 */
const PERMANENT = new Set([
  'ValidationException',
  'InvalidMessageContents',
  'BatchRequestTooLong',
  'AWS.SimpleQueueService.BatchRequestTooLong',
]);

/** Returns why no retry can succeed, or undefined if one may. */
export function poisonCause(error: unknown): string | undefined {
  if (error instanceof PoisonError) return error.message;
  return error instanceof Error && PERMANENT.has(error.name) ? `${error.name}: ${withoutQuotes(error)}` : undefined;
}
