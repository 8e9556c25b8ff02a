import { buildAssembly } from './assembly.ts';

/** After `npm ci`: bundles and templates are made, so that the first start is as quick as any other. Without it (`--ignore-scripts`), a start makes them. */
await buildAssembly();
