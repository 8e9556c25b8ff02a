import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/** Keeps name and version of the SDK's `package.json`s, of which its clients read the version: 2 kB of a bundle for each client. */
export const packageVersions: Plugin = {
  name: 'package-versions',
  setup(build) {
    build.onLoad({ filter: /@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/ }, async ({ path }) => {
      const { name, version } = JSON.parse(await readFile(path, 'utf8')) as { name: string; version: string };
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};
