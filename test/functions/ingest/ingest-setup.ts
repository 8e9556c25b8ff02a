import { beforeEach } from 'vitest';
import { harness } from './ingest-harness.ts';

export let app: ReturnType<typeof harness>;

export const page = (more: Record<string, unknown> = {}) => ({ type: 'page', userId: 'ann', ...more });

/** Gives each test an endpoint of its own. */
export function newHarnessEachTime(): void {
  beforeEach(() => {
    app = harness();
  });
}
