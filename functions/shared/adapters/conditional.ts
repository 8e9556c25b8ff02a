import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';

/** True when the conditional write went through, false when its condition was refused; any other error is thrown on. */
export async function accepted(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
