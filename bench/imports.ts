import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildBundles, DIST, functionNames } from '../lib/bundles.ts';

const TIMES = 9;

/** Size of each function's bundle, and the median of nine imports, each in a fresh process. */
export async function importsOf(): Promise<{ name: string; kilobytes: number; ms: number }[]> {
  await buildBundles();
  return Promise.all(
    functionNames().map(async (name) => {
      const file = join(DIST, name, 'index.mjs');
      return { name, kilobytes: (await stat(file)).size / 1000, ms: median(file) };
    }),
  );
}

function median(file: string): number {
  const url = JSON.stringify(pathToFileURL(file).href);
  const program = `const t = performance.now(); await import(${url}); console.log(performance.now() - t); process.exit(0)`;
  const times = Array.from({ length: TIMES }, () =>
    Number(spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).stdout),
  );
  return times.sort((a, b) => a - b)[Math.floor(TIMES / 2)] ?? Number.NaN;
}
