import { defineConfig } from 'vitest/config';

/** `npm run test:search`: thousands of histories, and what `npm test` tells with few of them, with many. */
export default defineConfig({
  test: {
    include: [
      'test/**/*.search.ts',
      'test/scenarios/s17-dry-run.test.ts',
      'test/core/conditions/against-naive.test.ts',
      'test/protocols/memory.test.ts',
    ],
    globalSetup: ['test/setup.ts'],
    env: { WALKS: '15', WALKERS: '10', RUNS: '6000', PARITY: '5' },
    pool: 'threads',
    maxWorkers: 2,
  },
});
