import { buildAssembly } from '../../local/assembly.ts';

/** Once, so that no start has to wait for it. */
export default async function setup(): Promise<void> {
  await buildAssembly();
}
