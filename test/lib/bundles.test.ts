import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DIST, functionNames } from '../../lib/bundles.ts';
import { ERRORS } from '../../lib/bundling/pruned.ts';

/** kB; `docs/decisions/0007-bundles.md` says why. */
const LARGER: Record<string, number> = { mjml: 3_300 };

describe('bundles', () => {
  test.each(functionNames())('%s has at most 500 kB', (name) => {
    expect(statSync(join(DIST, name, 'index.mjs')).size / 1000).toBeLessThanOrEqual(LARGER[name] ?? 500);
  });

  test('keep every error of the SDK that an adapter tells by its class: another would be of the base class only', () => {
    const told = globSync('functions/**/*.ts').flatMap((file) => {
      const source = readFileSync(file, 'utf8');
      const imported = [...source.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-[^']+'/g)].flatMap(
        ([, names = '']) => names.split(',').map((name) => name.trim()),
      );
      return imported.filter((name) => name !== '' && source.includes(`instanceof ${name}`));
    });
    expect(told).toContain('ConflictException');
    expect([...new Set(told)].filter((name) => !name.endsWith('ServiceException')).sort()).toEqual(ERRORS);
  });
});
