import { buildBundles } from '../lib/bundles.ts';

/** `npm run build`: bundles every function into `dist/` and says how large each is. */
const started = performance.now();
const bundles = await buildBundles();
for (const { name, bytes } of bundles)
  console.log(`${name.padEnd(14)} ${String(Math.round(bytes / 1000)).padStart(6)} kB`);
console.log(`${bundles.length} bundles in ${((performance.now() - started) / 1000).toFixed(1)} s`);
