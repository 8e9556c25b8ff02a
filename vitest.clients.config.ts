import { defineConfig } from 'vitest/config';

/** `npm run test:clients`: unmodified clients against the real process, with faults between them. */
export default defineConfig({
  test: {
    include: ['test/clients/*.clients.ts'],
    globalSetup: ['test/clients/setup.ts'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
