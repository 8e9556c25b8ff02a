import type { TestProject } from 'vitest/node';
import { buildAssembly } from '../local/assembly.ts';
import { startCloudPool } from './cloud-pool.ts';

/** Once, so that the clouds of the scenarios find bundles and templates made, and nobody reads what another is writing. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildAssembly();
  const cloudPool = await startCloudPool();
  project.provide('cloudPool', cloudPool.url);
  project.onTestsRerun(() => cloudPool.renew());
  return cloudPool.stop;
}
