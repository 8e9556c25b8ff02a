import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { isBuiltin } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { DIST, functionNames } from '../../lib/bundles.ts';

/** kB, without the source map; `docs/decisions/0081-bundles-of-unchanged-libraries.md` says why. */
const MAX_KB = 700;
const LARGER: Record<string, number> = { 'compile-mjml': 3_300, 'run-job': 750 };
/** Warns before the next route of an API does not fit. */
const MAX_API_KB = 690;

/** Most schemas that a function builds when it is loaded: 10 µs each, and the first request needs few of them. */
const MAX_SCHEMAS = 600;
/** Counts what zod does once for each schema. */
const COUNTS_SCHEMAS = `let count = 0;
  const { defineProperty } = Object;
  Object.defineProperty = (object, key, property) => {
    if (key === '_zod') count += 1;
    return defineProperty(object, key, property);
  };`;

describe('bundles', () => {
  test.each(functionNames())('%s has at most 700 kB', (name) => {
    expect(statSync(join(DIST, name, 'index.mjs')).size / 1000).toBeLessThanOrEqual(LARGER[name] ?? MAX_KB);
  });

  test.each(functionNames().filter((name) => name.endsWith('-api')))('%s, an API, has room for more routes', (name) => {
    expect(statSync(join(DIST, name, 'index.mjs')).size / 1000).toBeLessThanOrEqual(MAX_API_KB);
  });

  test.each(functionNames())('%s has one byte a character, so that V8 does not read it as two', (name) => {
    // Latin letters have one byte in V8.
    expect(readFileSync(join(DIST, name, 'index.mjs'), 'utf8').match(/[^\0-\xff]/g)).toBeNull();
  });

  test.each([
    'admin-api',
    'campaigns-api',
    'lifecycle-api',
    'profiles-api',
    'monitoring-api',
    'reports-api',
    'simulation-api',
    'send-push',
  ])('%s builds its schemas when they are first used', (name) => {
    const bundle = JSON.stringify(pathToFileURL(join(DIST, name, 'index.mjs')).href);
    const program = `${COUNTS_SCHEMAS} await import(${bundle}); console.log(count)`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    // None at all: zod no longer does what is counted.
    expect(Number(stdout)).toBeGreaterThan(0);
    expect(Number(stdout)).toBeLessThanOrEqual(MAX_SCHEMAS);
  });

  test.each(functionNames())('%s has its source map beside it, which names our files', (name) => {
    const map = JSON.parse(readFileSync(join(DIST, name, 'index.mjs.map'), 'utf8')) as { sources: string[] };
    expect(map.sources).toContain(`../../functions/${name}/handler.ts`);
    expect(map).not.toHaveProperty('sourcesContent');
  });

  test.each(functionNames())(
    '%s imports no module of Node, of which all exports would be read, nor event streams',
    (name) => {
      const imported = readFileSync(join(DIST, name, 'index.mjs'), 'utf8').matchAll(
        /(?:\bfrom|\bimport)\s*\(?["'`]([^"'`]+)["'`]/g,
      );
      expect([...imported].map(([, path]) => path).filter((path) => isBuiltin(path ?? ''))).toEqual(['node:module']);
      const map = JSON.parse(readFileSync(join(DIST, name, 'index.mjs.map'), 'utf8')) as { sources: string[] };
      expect(map.sources.filter((source) => source.includes('/event-streams/'))).toEqual([]);
    },
  );

  test('load neither fetch nor HTTP/2 nor threads with node:http', () => {
    const bundle = JSON.stringify(pathToFileURL(join(DIST, 'send-webhook', 'index.mjs')).href);
    const program = `await import(${bundle}); console.log(JSON.stringify(process.moduleLoadList))`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    const loaded = (JSON.parse(stdout) as string[]).map((entry) => entry.replace('NativeModule ', ''));
    expect(loaded).toContain('http');
    expect(loaded.filter((name) => ['internal/deps/undici/undici', 'http2', 'worker_threads'].includes(name))).toEqual(
      [],
    );
  });

  test('log errors whose stack names files and lines of the sources', () => {
    const bundle = JSON.stringify(pathToFileURL(join(DIST, 'dispatch-due', 'index.mjs')).href);
    const program = `(await import(${bundle})).handler({}, {}).catch(() => {})`;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
      env: {},
    });
    const { error } = JSON.parse(stderr.split('\n')[0] ?? '') as { error: { stack: string } };
    expect(error.stack).toMatch(/^Error: environment: PROFILES_TABLE/);
    expect(error.stack).toMatch(/^ +at runtime\/env\.ts:\d+:\d+$/m);
    expect(error.stack).toMatch(/^ +at runtime\/handlers\/task-handler\.ts:\d+:\d+$/m);
    expect(error.stack).not.toContain('index.mjs');
  });

  test('try a throttled call again', async () => {
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
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'PROFILES_TABLE', 'RUNS_TABLE', 'CATALOG_TABLE'])
      vi.stubEnv(name, 'some');
    for (const name of [
      'AWS_ENDPOINT_URL',
      'DUE_QUEUE_URL',
      'ENROLMENTS_QUEUE_URL',
      'JOBS_QUEUE_URL',
      'CAMPAIGNS_QUEUE_URL',
      'REPORT_MAILS_QUEUE_URL',
    ])
      vi.stubEnv(name, url);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    try {
      const file = pathToFileURL(join(DIST, 'dispatch-due', 'index.mjs')).href;
      const { handler } = (await import(file)) as { handler: (event: object, context: object) => Promise<void> };
      await handler({}, {});
      // 64 shards of profiles and of runs, and the wakes.
      expect(calls).toBe(2 * 64 + 1 + 1);
    } finally {
      vi.unstubAllEnvs();
      tables.close();
      tables.closeAllConnections();
    }
  });
});
