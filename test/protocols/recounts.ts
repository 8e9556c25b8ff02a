import type { RecountDeps } from '../../engine/metrics/recount.ts';

/** For jobs that count nothing again. */
export const noRecounts: RecountDeps = {
  messages: { recordedOn: async () => ({ ids: [] }), counted: async () => [] },
  recounts: {
    keep: async () => {},
    kept: async () => ({ sums: [] }),
    counters: async () => ({}),
    correct: async () => true,
  },
  report() {},
  clock: () => 0,
  log: { warn() {} },
};
