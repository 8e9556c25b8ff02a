import { describe, expect, test } from 'vitest';
import { buildBundles } from '../../lib/bundles.ts';

/** kB; `docs/decisions/0007-bundles.md` says why these two are larger. */
const LARGER: Record<string, number> = { api: 750, mjml: 3_300 };

describe('bundles', () => {
  test('have at most 500 kB', async () => {
    const sizes = (await buildBundles()).map(({ name, bytes }) => ({ name, kilobytes: Math.ceil(bytes / 1000) }));
    expect(sizes.filter(({ name, kilobytes }) => kilobytes > (LARGER[name] ?? 500))).toEqual([]);
    expect(sizes.length).toBeGreaterThan(10);
  });
});
