/** Errors by which AWS refuses a request for its content: it would refuse every repeat. */
const PERMANENT = new Set([
  // DynamoDB: an item over 400 KB, a key that is empty or too long.
  'ValidationException',
  'ItemCollectionSizeLimitExceededException',
  // SQS.
  'BatchRequestTooLong',
  'InvalidMessageContents',
]);

export const isPermanentError = (error: unknown): error is Error => error instanceof Error && PERMANENT.has(error.name);
