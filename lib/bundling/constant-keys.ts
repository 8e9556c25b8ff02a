import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';

/**
 * Writes the SDK's constant keys as what they are: `{ [_hH]: 'X-Amz-Log-Type' }` as `{ "httpHeader": … }`, where the same file says
 * `const _hH = "httpHeader"`. esbuild takes a computed key for a side effect, and so keeps the schemas of all operations of a REST service, for one
 * that is called: 40 to 60 kB for each of Lambda, Pinpoint and SES. Nothing is cut here: esbuild drops what nobody uses, as it does in the other
 * clients. A key that is not such a constant stays as it is.
 */
export const constantKeys: Plugin = {
  name: 'constant-keys',
  setup(build) {
    build.onLoad({ filter: /@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]\w+\.js$/ }, async ({ path }) => ({
      contents: withConstantKeys(await readFile(path, 'utf8')),
    }));
  },
};

function withConstantKeys(source: string): string {
  const constants = new Map([...source.matchAll(/^const (\w+) = ("\w+");$/gm)].map(([, name, text]) => [name, text]));
  return source.replaceAll(/\[(\w+)\]:/g, (key, name: string) =>
    constants.has(name) ? `${constants.get(name)}:` : key,
  );
}
