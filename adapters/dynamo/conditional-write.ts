import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';

/**
 * What came of a conditional write. `done`: it went through. `mine`: it was refused, because an earlier try of the same call had gone through
 * and its answer was lost, so that the SDK made it again. `refused`: another write has come first.
 */
export type WriteOutcome = 'done' | 'mine' | 'refused';

/** Names one call of a conditional write, on the item that it writes: the SDK's repeats of the call have the same name, nobody else has. */
export const newOperation = (): string => randomUUID();

/** `isMine` is asked after a refusal: reads the item, strongly consistent, and looks for what only this call can have written. */
export async function conditionalWrite(
  write: Promise<unknown>,
  isMine: () => boolean | Promise<boolean>,
): Promise<WriteOutcome> {
  if (await isConditionMet(write)) return 'done';
  return (await isMine()) ? 'mine' : 'refused';
}

/** True when this call's write went through, whether or not its first answer arrived. */
export async function carriedOut(write: Promise<unknown>, isMine: () => boolean | Promise<boolean>): Promise<boolean> {
  return (await conditionalWrite(write, isMine)) !== 'refused';
}

/**
 * True when the conditional write went through, false when its condition was refused; any other error is thrown on. Only where the caller
 * does the same after a refusal, or reads the item again: a refusal may be the echo of its own write.
 */
export async function isConditionMet(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
