import * as z from 'zod';

/** Variables of the functions that look at dead letters. */
export const DEAD_LETTERS_SHAPE = {
  JOBS_QUEUE_URL: z.string(),
  /** The queues that have a dead-letter queue, without the prefix, separated by commas; FIFO queues with `.fifo`. */
  QUEUES: z.string().transform((names) => names.split(',')),
};
