import type { EpochMs } from '../../core/ids.ts';

/** A message on a dead-letter queue, received for a while. */
export interface DeadLetter {
  /** SQS's id of the message. */
  id: string;
  /** As it was sent, JSON or not. */
  body: string;
  /** When it was put where it lies. SQS leaves a message that it moves by itself between standard queues the instant at which it was first sent. */
  at: EpochMs;
  /** FIFO: the message group. */
  group?: string;
  /** Why no delivery could succeed; absent: all deliveries failed, and SQS moved it by itself. */
  cause?: string;
  /** The job that last sent it to its queue. */
  redriven?: string;
  receipt: string;
}

/** The dead-letter queues, each by the name of its queue: `events`, `send-email-now` … */
export interface DeadLetters {
  names: readonly string[];
  /** Number of messages, also of those that somebody has received for a while. */
  count(queue: string): Promise<number>;
  /** Hides up to ten messages from others for that time; waits for the first. */
  receive(queue: string, asked: { max: number; hiddenSeconds: number; waitSeconds?: number }): Promise<DeadLetter[]>;
  /** Ends the time for which the messages are hidden. */
  release(queue: string, letters: readonly DeadLetter[]): Promise<void>;
  /** Sends the message to its queue as that job's, then deletes it. A repeat may send it twice. */
  redrive(queue: string, letter: DeadLetter, job: string): Promise<void>;
}
