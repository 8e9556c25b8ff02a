import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DIST, ensureBundles, functionNames } from '../lib/bundles.ts';
import { LOCAL_STAGE } from '../lib/config.ts';
import { hashOfSources, ROOT } from '../lib/sources.ts';
import { type Json, mergeTemplates, type Template } from './template.ts';

const CACHE = join(ROOT, '.cairn', 'assembly');
/** Source files of the templates, without the bundles: those are taken from `dist/` as they are. */
const SOURCES = [
  'bin/*.ts',
  'lib/**/*.ts',
  'functions/*/env.ts',
  'runtime/**/*env.ts',
  // The API's routes, among them those of each kind of definition.
  'functions/*/routes/**/*.ts',
  'core/catalog/kinds/*.ts',
  'core/channels/**/*.ts',
  'cdk.json',
  'package-lock.json',
];

/** Bundles the functions and synthesises the stacks, concurrently, each only if its sources have changed. */
export async function buildAssembly(): Promise<Template> {
  const hash = hashOfSources(SOURCES);
  const cached = join(CACHE, hash);
  if (existsSync(join(cached, 'manifest.json'))) {
    await ensureBundles();
    return readTemplates(cached);
  }
  await bundleFolders();
  await Promise.all([ensureBundles(), synthesise(cached)]);
  return readTemplates(cached);
}

/** CDK stages each function's folder, which must exist; its content does not matter here. */
async function bundleFolders(): Promise<void> {
  for (const name of functionNames()) await mkdir(join(DIST, name), { recursive: true });
}

async function synthesise(into: string): Promise<void> {
  const out = `${into}.${process.pid}`;
  await rm(out, { recursive: true, force: true });
  await promisify(execFile)(process.execPath, ['bin/cairn.ts'], {
    cwd: ROOT,
    env: {
      ...process.env,
      CDK_OUTDIR: out,
      CDK_CONTEXT_JSON: readContext(),
      CDK_DEFAULT_ACCOUNT: '000000000000',
      CDK_DEFAULT_REGION: 'us-east-1',
    },
    maxBuffer: 64 * 1024 * 1024,
  });
  // Another start may have been faster, with the same result.
  if (existsSync(into)) return rm(out, { recursive: true, force: true });
  await rename(out, into).catch(() => undefined);
}

/** Passes cdk.json's context to the app, as the CLI would. Whatever stages a team has, local machines use the defaults. */
function readContext(): string {
  const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context?: Json };
  return JSON.stringify({ ...context, stage: LOCAL_STAGE });
}

async function readTemplates(folder: string): Promise<Template> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.template.json'));
  return mergeTemplates(
    await Promise.all(names.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Json)),
  );
}
