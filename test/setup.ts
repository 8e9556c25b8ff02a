import type { TestProject } from 'vitest/node';
import { buildAssembly } from '../local/assembly.ts';
import { startCloudPool } from './cloud-pool.ts';

/** Runs once, so that the scenarios' clouds find finished bundles and templates, and none reads a file that another is writing. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildAssembly();
  const cloudPool = await startCloudPool();
  project.provide('cloudPool', cloudPool.url);
  project.onTestsRerun(() => cloudPool.renew());
  return cloudPool.stop;
}
