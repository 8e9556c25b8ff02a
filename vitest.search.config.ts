import { defineConfig } from 'vitest/config';

/** `npm run test:search`: thousands of histories, processes that are started and killed, and the tests of `npm test` with many more histories. */
export default defineConfig({
  test: {
    include: [
      'test/**/*.search.ts',
      'test/scenarios/s17-dry-run.test.ts',
      'test/core/conditions/against-naive.test.ts',
      'test/engine/results/recounted-reports.test.ts',
      'test/engine/results/recount-cells.test.ts',
      'test/protocols/idempotency.test.ts',
      'test/protocols/memory.test.ts',
      'test/protocols/two-executors.test.ts',
    ],
    globalSetup: ['test/setup.ts'],
    setupFiles: ['test/random-seed.ts'],
    env: { WALKS: '15', WALKERS: '10', RUNS: '6000', PARITY: '5', EXECUTORS: '3', REPORTS: '300', DEATHS: '30' },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: 'threads',
    maxWorkers: 2,
  },
});
