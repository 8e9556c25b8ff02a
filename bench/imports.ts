import { spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildBundles, DIST, functionNames } from '../lib/bundles.ts';

const ROUNDS = 9;

/**
 * Size of each function's bundle, and how long it takes to import it, each time in a fresh process: the least of nine is the code's own, the median has
 * the machine's other work in it. All functions take turns, so that such work meets them alike.
 */
export async function importsOf(): Promise<{ name: string; kilobytes: number; least: number; median: number }[]> {
  await buildBundles();
  const files = functionNames().map((name) => ({ name, file: join(DIST, name, 'index.mjs') }));
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round += 1)
    for (const { name, file } of files) times.set(name, [...(times.get(name) ?? []), importMs(file)]);
  return Promise.all(
    files.map(async ({ name, file }) => {
      const sorted = (times.get(name) ?? []).toSorted((a, b) => a - b);
      const [least = Number.NaN, median = Number.NaN] = [sorted[0], sorted[Math.floor(ROUNDS / 2)]];
      return { name, kilobytes: (await stat(file)).size / 1000, least, median };
    }),
  );
}

function importMs(file: string): number {
  const url = JSON.stringify(pathToFileURL(file).href);
  const program = `const t = performance.now(); await import(${url}); console.log(performance.now() - t); process.exit(0)`;
  return Number(spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).stdout);
}
