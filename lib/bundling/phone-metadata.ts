import { readFile } from 'node:fs/promises';
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'esbuild';

/** Position of a country's formats in libphonenumber-js's metadata. */
const FORMATS = 4;

/**
 * Compresses the metadata of phone numbers, without the national formats, because Cairn stores and sends E.164. It would add 90 kB to every bundle
 * that parses an address.
 */
export const phoneMetadata: Plugin = {
  name: 'phone-metadata',
  setup(build) {
    build.onLoad({ filter: /libphonenumber-js[\\/]metadata\.\w+\.json\.js$/ }, async ({ path }) => ({
      contents: compressed(await readFile(path, 'utf8')),
      loader: 'js',
    }));
  },
};

/** Compresses a module that exports JSON. */
function compressed(source: string): string {
  const json = source.slice(source.indexOf('{'), source.lastIndexOf('}') + 1);
  const metadata = JSON.parse(json) as { countries: Record<string, unknown[]> };
  for (const country of Object.values(metadata.countries)) country[FORMATS] = 0;
  const packed = brotliCompressSync(JSON.stringify(metadata)).toString('base64');
  return `import { brotliDecompressSync } from 'node:zlib';
    export default JSON.parse(brotliDecompressSync(Buffer.from('${packed}', 'base64')).toString());`;
}
