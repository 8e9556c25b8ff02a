import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Leaves out how zod writes JSON Schema, which every schema would carry along: functions never ask for it, because the OpenAPI document is written
 * when they are built. 10 kB of every bundle.
 */
export const noJsonSchema: Plugin = {
  name: 'no-json-schema',
  setup(build) {
    build.onLoad({ filter: /zod[\\/]v4[\\/]core[\\/]json-schema-processors\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const names = [...source.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => name);
      const unavailable = `const unavailable = () => { throw new Error('JSON Schema is left out of bundles'); };`;
      return { contents: [unavailable, ...names.map((name) => `export const ${name} = unavailable;`)].join('\n') };
    });
  },
};
