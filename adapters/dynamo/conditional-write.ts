import { randomUUID } from 'node:crypto';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';

/**
 * Result of a conditional write. `done`: it succeeded. `mine`: DynamoDB refused it because an earlier try of the same call had succeeded, but its
 * response was lost and the SDK repeated it. `refused`: another write came first.
 */
export type WriteOutcome = 'done' | 'mine' | 'refused';

/**
 * Creates the name of one call of a conditional write, which is stored on the written item: the SDK's repeats of the call have the same name, and no
 * other call has.
 */
export const newOperation = (): string => randomUUID();

/**
 * Carries out a conditional write. After a refusal, `isMine` reads the item (strongly consistent) and looks for data that only this call can have
 * written.
 */
export async function conditionalWrite(
  write: Promise<unknown>,
  isMine: () => boolean | Promise<boolean>,
): Promise<WriteOutcome> {
  if (await isConditionMet(write)) return 'done';
  return (await isMine()) ? 'mine' : 'refused';
}

/** Returns true if this call's write succeeded, whether or not its first response arrived. */
export async function carriedOut(write: Promise<unknown>, isMine: () => boolean | Promise<boolean>): Promise<boolean> {
  return (await conditionalWrite(write, isMine)) !== 'refused';
}

/**
 * Returns the item as this call has written it, also if its first response was lost; undefined: it was refused. `findMine` reads the item, which may have
 * been changed since, and returns it if this call has written it.
 */
export const writtenItem = async <Item>(
  write: Promise<Item>,
  findMine: () => Promise<Item | undefined>,
): Promise<Item | undefined> => (await unlessRefused(write)) ?? findMine();

/**
 * Returns true if the conditional write succeeded and false if its condition was refused; throws any other error. Only for callers that do the same
 * after a refusal, or read the item again: a refusal may be caused by a repeat of their own write.
 */
export async function isConditionMet(write: Promise<unknown>): Promise<boolean> {
  return (await unlessRefused(write.then(() => true))) ?? false;
}

/** Returns the write's answer, or undefined if its condition was refused. A refusal means the same as for `isConditionMet`. */
export async function unlessRefused<Answer>(write: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
