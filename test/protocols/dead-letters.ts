import type { DeadLetters } from '../../engine/dead-letters/ports.ts';

/** Queues of which nothing was put aside. */
export const noDeadLetters: DeadLetters = {
  names: ['events', 'jobs'],
  count: async () => 0,
  receive: async () => [],
  release: async () => {},
  redrive: async () => {},
};
