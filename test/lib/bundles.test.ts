import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DIST, functionNames } from '../../lib/bundles.ts';

/** kB; `docs/decisions/0007-bundles.md` says why. */
const LARGER: Record<string, number> = { mjml: 3_300 };

describe('bundles', () => {
  test.each(functionNames())('%s has at most 500 kB', (name) => {
    expect(statSync(join(DIST, name, 'index.mjs')).size / 1000).toBeLessThanOrEqual(LARGER[name] ?? 500);
  });
});
