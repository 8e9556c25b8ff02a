import type { Job } from '../../core/jobs/job.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { DeadLetter, DeadLetters } from './ports.ts';

const A_CALL = 10;
/** Longer than `run-job` may run: nobody else receives a message meanwhile. */
const HIDDEN_SECONDS = 90;
/** Brings messages that a list has received for a moment, and asks all of SQS's servers. */
const WAIT_SECONDS = 1;
/** Messages that a page passes over before it takes the rest for passed over too. */
const MAX_PASSED_OVER = 1_000;

export type RedriveDeps = Pick<DeadLetters, 'receive' | 'release' | 'redrive'>;

/**
 * Sends up to `limit` messages of a dead-letter queue to their own queue. Passes over what this job has sent already, or what was put there since it
 * began: nothing goes in a circle. `isLast`: nothing else is left for this job. A message that cannot be sent stays, and fails the page.
 */
export async function redrivePage(
  deadLetters: RedriveDeps,
  { id, at }: Pick<Job, 'id' | 'at'>,
  queue: string,
  limit: number,
): Promise<{ done: number; isLast: boolean }> {
  const passedOver: DeadLetter[] = [];
  let done = 0;
  let isLast = false;
  try {
    while (done < limit && !isLast) {
      const max = Math.min(A_CALL, limit - done);
      const page = await deadLetters.receive(queue, { max, hiddenSeconds: HIDDEN_SECONDS, waitSeconds: WAIT_SECONDS });
      const due = page.filter((letter) => letter.at <= at && letter.redriven !== id);
      passedOver.push(...page.filter((letter) => !due.includes(letter)));
      await redriveAll(deadLetters, queue, due, id);
      done += due.length;
      isLast = page.length === 0 || passedOver.length >= MAX_PASSED_OVER;
    }
  } finally {
    await deadLetters.release(queue, passedOver);
  }
  return { done, isLast };
}

/** Messages of one group in order, different groups concurrently. */
async function redriveAll(deadLetters: RedriveDeps, queue: string, letters: DeadLetter[], job: string): Promise<void> {
  const groups = [...Map.groupBy(letters, ({ group, id }) => group ?? id).values()];
  await mapWithConcurrency(A_CALL, groups, async (group) => {
    for (const letter of group) await deadLetters.redrive(queue, letter, job);
  });
}
