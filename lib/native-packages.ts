import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { DIST } from './bundles.ts';
import { ROOT } from './sources.ts';

/**
 * Packages with native code, which no bundle contains: those that lie beside a function's bundle on AWS, and which of them is of Lambda's platform and not
 * of this machine's. On one machine the function finds its own platform's in `node_modules`.
 */
const DUCKDB = {
  scripts: ['@duckdb/node-api', '@duckdb/node-bindings', 'detect-libc'],
  native: '@duckdb/node-bindings-linux-arm64',
};
const NATIVE: Record<string, { scripts: readonly string[]; native: string }> = {
  'query-facts': DUCKDB,
  'maintain-lake': DUCKDB,
};
const FOLDER = join(ROOT, '.cairn', 'native');
const run = promisify(execFile);

/** The function's whole asset, if it was made; else its bundle, which is all that one machine and the tests of templates need. */
export function assetOf(name: string): string {
  const whole = assetFolder(name);
  return name in NATIVE && existsSync(whole) ? whole : join(DIST, name);
}

const assetFolder = (name: string): string => join(FOLDER, 'assets', name);

/** Makes the assets of the functions with native packages, before a deployment. The packages are downloaded once, by npm from its registry. */
export async function buildNativeAssets(): Promise<void> {
  for (const [name, { scripts, native }] of Object.entries(NATIVE)) {
    const unpacked = await fetched(native);
    const made = `${assetFolder(name)}.${process.pid}`;
    await rm(made, { recursive: true, force: true });
    await cp(join(DIST, name), made, { recursive: true });
    for (const script of scripts)
      await cp(join(ROOT, 'node_modules', script), join(made, 'node_modules', script), { recursive: true });
    await cp(unpacked, join(made, 'node_modules', native), { recursive: true });
    await rm(assetFolder(name), { recursive: true, force: true });
    await rename(made, assetFolder(name));
  }
}

const LockSchema = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional(), integrity: z.string().optional() })),
});

/** Returns the folder of a package of another platform, as `package-lock.json` names it. */
async function fetched(name: string): Promise<string> {
  const lock = LockSchema.parse(JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json has no ${name}`);
  const folder = join(FOLDER, 'packages', `${name.replaceAll('/', '+')}@${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(FOLDER, { recursive: true });
  const work = await mkdtemp(join(FOLDER, 'fetching-'));
  try {
    await run('npm', ['pack', `${name}@${version}`, '--pack-destination', work, '--ignore-scripts'], { cwd: ROOT });
    const [file = ''] = await readdir(work);
    requireIntegrity(await readFile(join(work, file)), integrity, `${name}@${version}`);
    await run('tar', ['-xzf', join(work, file), '-C', work]);
    await mkdir(join(FOLDER, 'packages'), { recursive: true });
    // Another build may have been faster, with the same result.
    if (!existsSync(folder)) await rename(join(work, 'package'), folder);
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** @throws Error unless the file is the one that `package-lock.json` means */
export function requireIntegrity(file: Uint8Array, integrity: string, what: string): void {
  const found = `sha512-${createHash('sha512').update(file).digest('base64')}`;
  if (found !== integrity) throw new Error(`${what} is not what package-lock.json says: it has ${found}`);
}
