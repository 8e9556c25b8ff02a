import { defineConfig } from 'vitest/config';

/** `npm run test:search`: searches of the protocols' histories that take too long for `npm test`. */
export default defineConfig({
  test: {
    include: ['test/**/*.search.ts'],
    pool: 'threads',
    maxWorkers: 2,
  },
});
