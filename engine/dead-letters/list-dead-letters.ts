import type { EpochMs } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { DeadLetter, DeadLetters } from './ports.ts';

/** Messages of a queue that are looked at. */
const SAMPLE = 100;
const A_CALL = 10;
/** A message is given back as soon as it was looked at; this is for a death in between. */
const HIDDEN_SECONDS = 10;
const CONCURRENCY = 8;

/** The cause of a message that SQS moved by itself. */
export const RETRIES_EXHAUSTED = 'retries exhausted';

export interface DeadLetterSummary {
  queue: string;
  count: number;
  /** Messages that were looked at for `oldestAt` and `causes`. */
  sampled: number;
  oldestAt?: EpochMs;
  causes: Record<string, number>;
}

/** Looks at up to 100 messages of each dead-letter queue, and leaves them where they are. */
export const listDeadLetters = (
  deadLetters: Pick<DeadLetters, 'names' | 'count' | 'receive' | 'release'>,
): Promise<DeadLetterSummary[]> =>
  mapWithConcurrency(CONCURRENCY, deadLetters.names, async (queue) => {
    const count = await deadLetters.count(queue);
    const found = count === 0 ? [] : await sampleOf(deadLetters, queue);
    const causes = new Map<string, number>();
    for (const { cause = RETRIES_EXHAUSTED } of found) causes.set(cause, (causes.get(cause) ?? 0) + 1);
    return {
      queue,
      count: Math.max(count, found.length),
      sampled: found.length,
      ...(found.length === 0 ? {} : { oldestAt: Math.min(...found.map(({ at }) => at)) }),
      causes: Object.fromEntries(causes),
    };
  });

async function sampleOf(
  deadLetters: Pick<DeadLetters, 'receive' | 'release'>,
  queue: string,
): Promise<readonly DeadLetter[]> {
  const found = new Map<string, DeadLetter>();
  try {
    for (let calls = 0; calls < SAMPLE / A_CALL && found.size < SAMPLE; calls += 1) {
      const page = await deadLetters.receive(queue, { max: A_CALL, hiddenSeconds: HIDDEN_SECONDS });
      if (page.length === 0) break;
      for (const letter of page) found.set(letter.id, letter);
    }
  } finally {
    await deadLetters.release(queue, [...found.values()]);
  }
  return [...found.values()];
}
