import { buildAssembly } from './assembly.ts';

/**
 * After `npm ci`: builds bundles and templates, so that the first start is as quick as any other. Without it (`--ignore-scripts`), a start builds
 * them.
 */
await buildAssembly();
