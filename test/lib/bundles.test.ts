import { globSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { DIST, functionNames } from '../../lib/bundles.ts';
import { ERRORS } from '../../lib/bundling/pruned.ts';

/** kB; `docs/decisions/0007-bundles.md` says why. */
const LARGER: Record<string, number> = { 'compile-mjml': 3_300 };

describe('bundles', () => {
  test.each(functionNames())('%s has at most 600 kB', (name) => {
    expect(statSync(join(DIST, name, 'index.mjs')).size / 1000).toBeLessThanOrEqual(LARGER[name] ?? 600);
  });

  test('keep every error of the SDK that an adapter tells by its class: another would be of the base class only', () => {
    const told = globSync('{adapters,engine,functions,runtime}/**/*.ts').flatMap((file) => {
      const source = readFileSync(file, 'utf8');
      const imported = [...source.matchAll(/import \{([^}]*)\} from '@aws-sdk\/client-[^']+'/g)].flatMap(
        ([, names = '']) => names.split(',').map((name) => name.trim()),
      );
      return imported.filter((name) => name !== '' && source.includes(`instanceof ${name}`));
    });
    expect(told).toContain('ConflictException');
    expect([...new Set(told)].filter((name) => !name.endsWith('ServiceException')).sort()).toEqual(ERRORS);
  });

  test('try a throttled call again, though they have no class for its error', async () => {
    let calls = 0;
    const throttled = { __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException' };
    const tables = createServer((request, response) => {
      calls += 1;
      request.resume();
      response.writeHead(calls === 1 ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(calls === 1 ? throttled : { Items: [] }));
    });
    await new Promise<void>((resolve) => tables.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(tables.address() as AddressInfo).port}`;
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'PROFILES_TABLE', 'RUNS_TABLE'])
      vi.stubEnv(name, 'some');
    for (const name of ['AWS_ENDPOINT_URL', 'DUE_QUEUE_URL', 'ENROLMENTS_QUEUE_URL']) vi.stubEnv(name, url);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    try {
      const file = pathToFileURL(join(DIST, 'dispatch-due', 'index.mjs')).href;
      const { handler } = (await import(file)) as { handler: (event: object, context: object) => Promise<void> };
      await handler({}, {});
      // 64 shards of profiles and of runs.
      expect(calls).toBe(2 * 64 + 1);
    } finally {
      vi.unstubAllEnvs();
      tables.close();
      tables.closeAllConnections();
    }
  });
});
