import { ensureBundles } from '../lib/bundles.ts';
import { buildNativeAssets } from '../lib/native-packages.ts';

/**
 * Bundles every function into `dist/` if its sources have changed, and prints the size of each bundle: `npm run build`. The CDK CLI runs it before each
 * synthesis, with `deployment`: then the native packages of Lambda's platform are put beside the bundles that need them. `WITHOUT_NATIVE_PACKAGES=1`
 * leaves them out, where templates are made that nobody deploys, and there is no network.
 */
const started = performance.now();
const bundles = await ensureBundles();
for (const { name, bytes } of bundles)
  console.log(`${name.padEnd(14)} ${String(Math.round(bytes / 1000)).padStart(6)} kB`);
if (bundles.length > 0)
  console.log(`${bundles.length} bundles in ${((performance.now() - started) / 1000).toFixed(1)} s`);
if (process.argv[2] === 'deployment' && process.env.WITHOUT_NATIVE_PACKAGES !== '1') await buildNativeAssets();
