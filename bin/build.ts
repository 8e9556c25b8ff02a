import { ensureBundles } from '../lib/bundles.ts';

/**
 * Bundles every function into `dist/` if its sources have changed, and prints the size of each bundle: `npm run build`; the CDK CLI runs it before
 * each synthesis.
 */
const started = performance.now();
const bundles = await ensureBundles();
for (const { name, bytes } of bundles)
  console.log(`${name.padEnd(14)} ${String(Math.round(bytes / 1000)).padStart(6)} kB`);
if (bundles.length > 0)
  console.log(`${bundles.length} bundles in ${((performance.now() - started) / 1000).toFixed(1)} s`);
