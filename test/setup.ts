import { buildAssembly } from '../local/assembly.ts';

/** Once, so that the clouds of the scenarios find bundles and templates made, and nobody reads what another is writing. */
export default async function setup(): Promise<void> {
  await buildAssembly();
}
