import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/deploy/**'],
    globalSetup: ['test/setup.ts'],
    setupFiles: ['test/random-seed.ts'],
    // Tests run in a fixed random order, so that a run can be repeated; `ORDER=2 npm test` takes another order.
    sequence: { shuffle: { tests: true }, seed: Number(process.env.ORDER ?? 1) },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'threads',
    maxWorkers: 2,
    // Files share what they import, compiled and warm: half the time. What a file stubs it takes back.
    isolate: false,
  },
});
