import type { TestProject } from 'vitest/node';
import { buildAssembly } from '../local/assembly.ts';
import { startLender } from './cloud-pool.ts';

/** Once, so that the clouds of the scenarios find bundles and templates made, and nobody reads what another is writing. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildAssembly();
  const lender = await startLender();
  project.provide('lender', lender.url);
  project.onTestsRerun(() => lender.renew());
  return lender.stop;
}
