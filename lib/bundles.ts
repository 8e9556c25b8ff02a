import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { asciiSources } from './bundling/ascii-sources.ts';
import { noJsonSchema } from './bundling/no-json-schema.ts';
import { packageVersions } from './bundling/package-versions.ts';
import { phoneMetadata } from './bundling/phone-metadata.ts';
import { requiredBuiltins } from './bundling/required-builtins.ts';
import { hashOfSources, ROOT } from './sources.ts';

/** Every function's bundle is `dist/<function>/index.mjs`, with its source map: CDK's assets and the embedded cloud use the same files. */
export const DIST = join(ROOT, 'dist');

export interface Bundle {
  name: string;
  bytes: number;
}

/** Names of the functions: the folders of `functions/` with a handler. */
export function functionNames(): string[] {
  return readdirSync(join(ROOT, 'functions'))
    .filter((name) => existsSync(join(ROOT, 'functions', name, 'handler.ts')))
    .sort();
}

/** Source files of the bundles. */
const SOURCES = [
  '{adapters,core,engine,functions,runtime,statemachines}/**/*.ts',
  'examples/{tags,segments}/*.json',
  'lib/bundles.ts',
  'lib/{bundling,openapi}/*.ts',
  'lib/routes.ts',
  'package-lock.json',
];
const STAMP = join(DIST, '.sources');

/** Builds only if sources have changed since the last build; otherwise returns an empty list. */
export async function ensureBundles(): Promise<Bundle[]> {
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hashOfSources(SOURCES)) return [];
  return buildBundles();
}

/** Bundles every function in one esbuild run, and removes bundles of functions that no longer exist from `dist`. */
export async function buildBundles(): Promise<Bundle[]> {
  const names = functionNames();
  const sources = hashOfSources(SOURCES);
  await rm(STAMP, { force: true });
  await mkdir(DIST, { recursive: true });
  const stale = readdirSync(DIST).filter((name) => !names.includes(name) && !STAMP.endsWith(name));
  await Promise.all(stale.map((name) => rm(join(DIST, name), { recursive: true, force: true })));
  await build({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(names.map((name) => [`${name}/index`, `functions/${name}/handler.ts`])),
    outdir: DIST,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    conditions: ['module', 'import', 'node'],
    legalComments: 'none',
    // The sources' text is left out, because a stack trace needs only names and lines.
    sourcemap: 'linked',
    sourcesContent: false,
    // Some dependencies are CommonJS and use `require`.
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    alias: {
      '@aws-sdk/credential-provider-node': join(ROOT, 'lib/bundling/environment-credentials.ts'),
      '@aws-sdk/signature-v4-multi-region': join(ROOT, 'lib/bundling/one-region-signature.ts'),
      '@aws-sdk/endpoint-cache': join(ROOT, 'lib/bundling/no-endpoint-discovery.ts'),
      '@smithy/core/event-streams': join(ROOT, 'lib/bundling/no-event-streams.ts'),
    },
    // Native code, and what loads it, lie beside the bundles: `lib/native-packages.ts`.
    external: ['@duckdb/node-api', '@duckdb/node-bindings'],
    plugins: [phoneMetadata, noJsonSchema, requiredBuiltins, packageVersions, asciiSources],
    logLevel: 'warning',
  });
  await writeOpenApi();
  await writeFile(STAMP, sources);
  return Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(DIST, name, 'index.mjs'))).size })));
}

/** Writes the OpenAPI document beside the bundle that serves it, since the schemas' descriptions are not needed at run time. */
async function writeOpenApi(): Promise<void> {
  // Loaded here, because only a build needs all routes and their schemas.
  const [{ openApiDocument }, { allRoutes }] = await Promise.all([
    import('./openapi/document.ts'),
    import('./routes.ts'),
  ]);
  await writeFile(
    join(DIST, 'admin-api/openapi.json.br'),
    brotliCompressSync(JSON.stringify(openApiDocument(allRoutes))),
  );
}
