import { defineConfig } from 'vitest/config';

/** `npm run test:clients`: unmodified clients against the real process, with faults between them. */
export default defineConfig({
  test: {
    include: ['test/clients/*.clients.ts'],
    globalSetup: ['test/clients/setup.ts'],
    // Nothing waits for it in vain: a busy machine needs the time.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
