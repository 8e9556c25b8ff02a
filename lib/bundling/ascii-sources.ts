import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Our files and Liquid's. */
const FILES = /[\\/](?:(?:adapters|core|engine|functions|runtime)[\\/].*\.ts|liquidjs[\\/].*\.mjs)$/;
const NOT_ASCII = /[^\0-\x7f]/;
const EACH_NOT_ASCII = /[^\0-\x7f]/g;

/**
 * Escapes what is not ASCII in regular expressions, as esbuild does in texts: one Chinese character makes V8 keep the whole bundle with two bytes a
 * character, and read it more slowly.
 */
export const asciiSources: Plugin = {
  name: 'ascii-sources',
  setup(build) {
    build.onLoad({ filter: FILES }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      if (!NOT_ASCII.test(source)) return undefined;
      if (source.includes('String.raw')) throw new Error(`${path}: String.raw would keep the escapes of other letters`);
      return { contents: source.replaceAll(EACH_NOT_ASCII, escaped), loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
