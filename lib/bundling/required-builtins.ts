import { createRequire, isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const [STATIC, DYNAMIC] = ['required-builtin', 'required-builtin-at-first-use'];

/**
 * Loads Node's own modules by `require`. `import` reads all exports of a module, also those that load other modules when they are read: by importing
 * `node:http`, a function loads the whole of `fetch` and WebSocket. 10 ms of every import, 30 ms where a bundle uses `node:http`.
 */
export const requiredBuiltins: Plugin = {
  name: 'required-builtins',
  setup(build) {
    build.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
      if ((kind !== 'import-statement' && kind !== 'dynamic-import') || !isBuiltin(path)) return undefined;
      const namespace = kind === 'import-statement' ? STATIC : DYNAMIC;
      return { path: path.replace(/^node:/, ''), namespace, sideEffects: false };
    });
    build.onLoad({ filter: /.*/, namespace: STATIC }, ({ path }) => ({ contents: staticModule(path) }));
    build.onLoad({ filter: /.*/, namespace: DYNAMIC }, ({ path }) => ({
      contents: `module.exports = require('node:${path}');`,
    }));
  },
};

/** An ES module with the exports of a builtin one. An export that nobody imports is dropped, and not read. */
function staticModule(name: string): string {
  const names = Object.getOwnPropertyNames(require(`node:${name}`)).filter(
    (key) => IDENTIFIER.test(key) && key !== 'default',
  );
  return [
    `const builtin = require('node:${name}');`,
    'export default builtin;',
    ...names.map((key, at) => `const e${at} = /* @__PURE__ */ (() => builtin.${key})(); export { e${at} as ${key} };`),
  ].join('\n');
}
