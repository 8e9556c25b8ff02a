import { readFile } from 'node:fs/promises';
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'esbuild';

interface Pruning {
  filter: RegExp;
  prune: (source: string) => string;
}

/** Errors that our code tells from others by their class, or whose fields it reads. Of all others an SDK client makes its base exception, by the same name. */
export const ERRORS = [
  'BadRequestException',
  'ConditionalCheckFailedException',
  'ConflictException',
  'ExecutionAlreadyExists',
  'ExecutionDoesNotExist',
  'InvalidToken',
  'StateMachineAlreadyExists',
  'TaskDoesNotExist',
  'TaskTimedOut',
  'ValidationException',
];
const isNamed = (error: string): boolean => ERRORS.includes(error) || error.endsWith('ServiceException');

/**
 * What esbuild cannot know to be unused, in libraries that every function carries. A pattern that a new version no longer matches makes
 * bundles larger and breaks nothing; `test/lib/bundles.test.ts` sees it.
 */
const PRUNINGS: Pruning[] = [
  {
    // The computed keys in an operation's list could have effects, so all operations of an SDK client stay, and all shapes that they name.
    filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/,
    prune: (source) =>
      source
        .replace(/^\w+_registry\.registerError\(\w+\$, (\w+)\);$/gm, (line, error: string) =>
          isNamed(error) ? line : '',
        )
        .replace(
          /^(export )?var (\S+) = (\[[\s\S]*?\]);$/gm,
          (_all, exported: string | undefined, name: string, list: string) =>
            `${exported ?? ''}var ${name} = /* @__PURE__ */ (() => ${list})();`,
        ),
  },
  {
    // Every schema can describe itself; only the API asks, by `z.toJSONSchema`, which needs none of this.
    filter: /zod[\\/]v4[\\/]classic[\\/]schemas\.js$/,
    prune: (source) =>
      source
        .replace(/^\s*inst\._zod\.processJSONSchema = .*;$/gm, '')
        .replaceAll(/(?<!import .*)\bcreate(Standard)?JSONSchemaMethod\(this, "\w+"\)/g, 'undefined')
        .replace('return createToJSONSchemaMethod(this, {})(params);', 'throw new Error("z.toJSONSchema does it");'),
  },
  {
    // None of the operations that we call streams events.
    filter: /@smithy[\\/]core[\\/]dist-es[\\/]submodules[\\/]protocols[\\/]HttpProtocol\.js$/,
    prune: (source) =>
      source.replace(
        'await import("@smithy/core/event-streams")',
        '(() => { throw new Error("no event streams"); })()',
      ),
  },
  {
    filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]dist-es[\\/]runtimeConfig\.js$/,
    prune: (source) =>
      source
        .replace(/^import \{ eventStreamSerdeProvider \} from .*$/m, '')
        .replace('?? eventStreamSerdeProvider', '?? (() => undefined)'),
  },
  {
    // Node has SHA-256 and MD5; what stands in for them where it has not is unused.
    filter: /@smithy[\\/]core[\\/]dist-es[\\/]submodules[\\/]checksum[\\/](sha256[\\/]Sha256|md5[\\/]Md5)Node\.js$/,
    prune: (source) => source.replace(/hasNativeCrypto \? buildNativeClass\(\) : \w+;/, 'buildNativeClass();'),
  },
  {
    // Templates read no files (`core/templates/liquid.ts`).
    filter: /liquidjs[\\/]dist[\\/]liquid\.node\.mjs$/,
    prune: (source) => source.replace(/^ {4}(include|render|layout|block): \w+Tag,$/gm, ''),
  },
  {
    // A client tells AWS its version; the rest of its package.json goes nowhere.
    filter: /@aws-sdk[\\/]client-[^\\/]+[\\/]package\.json$/,
    prune: (source) => {
      const { version } = JSON.parse(source) as { version: string };
      return `export default ${JSON.stringify({ version })};`;
    },
  },
  {
    filter: /libphonenumber-js[\\/]metadata\.\w+\.json\.js$/,
    prune: (source) => {
      const metadata = JSON.parse(source.slice(source.indexOf('export default') + 14).replace(/;?\s*$/, '')) as {
        countries: Record<string, unknown[]>;
      };
      // How people write a country's numbers: none is ever written so.
      for (const country of Object.values(metadata.countries)) country[4] = 0;
      const packed = brotliCompressSync(JSON.stringify(metadata)).toString('base64');
      return `import { brotliDecompressSync } from 'node:zlib';
        export default JSON.parse(brotliDecompressSync(Buffer.from('${packed}', 'base64')).toString());`;
    },
  },
];

export const pruned: Plugin = {
  name: 'pruned',
  setup(build) {
    for (const { filter, prune } of PRUNINGS)
      build.onLoad({ filter }, async ({ path }) => ({ contents: prune(await readFile(path, 'utf8')), loader: 'js' }));
  },
};
