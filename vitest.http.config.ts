import { defineConfig, mergeConfig } from 'vitest/config';
import common from './vitest.config.ts';

/** `npm run test:http`: what the contract says beside the scenarios, each rule by calls of the API. */
export default mergeConfig(
  { ...common, test: { ...common.test, include: [] } },
  defineConfig({ test: { include: ['test/**/*.http.ts'] } }),
);
