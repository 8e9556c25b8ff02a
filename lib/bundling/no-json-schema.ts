import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';

/**
 * Leaves out how zod writes JSON Schema, which every schema would carry along: functions never ask for it, because the OpenAPI document is written
 * when they are built. 19 kB of every bundle. The first module has what a schema is written by, the second what makes its method, once a schema.
 */
export const noJsonSchema: Plugin = {
  name: 'no-json-schema',
  setup(build) {
    build.onLoad({ filter: /zod[\\/]v4[\\/]core[\\/]json-schema-processors\.js$/ }, ({ path }) =>
      standIn(path, 'unavailable'),
    );
    build.onLoad({ filter: /zod[\\/]v4[\\/]core[\\/]to-json-schema\.js$/ }, ({ path }) =>
      standIn(path, '() => unavailable'),
    );
  },
};

/** A module with the same exports, each of which is `value`. */
async function standIn(path: string, value: string): Promise<{ contents: string }> {
  const names = Object.keys((await import(pathToFileURL(path).href)) as object);
  const unavailable = `const unavailable = () => { throw new Error('JSON Schema is left out of bundles'); };`;
  return { contents: [unavailable, ...names.map((name) => `export const ${name} = ${value};`)].join('\n') };
}
