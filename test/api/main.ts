import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cairn } from '../scenarios/cairn.ts';

/**
 * `npm run test:api`: Schemathesis calls every operation of the OpenAPI document with valid and invalid requests, and compares the answers with the
 * document. Cairn runs on the loopback; the number of requests is limited, and they are the same each time.
 */
const SCHEMATHESIS = 'schemathesis==4.32.5';
const VENV = join(import.meta.dirname, '../../.venv', SCHEMATHESIS.replace('==', '-'));
/** Number of valid and of invalid requests for each operation. */
const EXAMPLES = 3;
/**
 * Schemathesis checks. Left out are: that all valid data is accepted (a condition may name what does not exist), and methods that HTTP APIs answer
 * with 404.
 */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'ignored_auth',
];

/** Ids that exist, so that responses with data are checked, not only 404. */
const IDS: Record<string, string> = {
  tags: 'known',
  segments: 'known',
  'computed-traits': 'orders',
  lists: 'fair',
  calendars: 'cn',
  content: 'bakery',
  templates: 'welcome',
  'coupon-pools': 'pool',
  journeys: 'hello',
  channels: 'sms',
  profiles: 'ann',
};

/** `cwd`: folder of its reports. */
const run = (command: string, args: string[], cwd?: string): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', cwd });
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });

/** Schemathesis in a virtual environment of its own; undefined where there is no Python. */
async function schemathesis(): Promise<string | undefined> {
  const command = join(VENV, 'bin', 'schemathesis');
  if (existsSync(command)) return command;
  if ((await run('python3', ['-m', 'venv', VENV])) !== 0) return undefined;
  const code = await run(join(VENV, 'bin', 'pip'), ['install', '--quiet', SCHEMATHESIS]);
  if (code !== 0) throw new Error(`pip cannot install ${SCHEMATHESIS}`);
  return command;
}

async function seed(cairn: Cairn): Promise<void> {
  await cairn.identify('ann', { email: 'ann@example.com', phone: '13800138000', testAccount: true });
  await cairn.track('ann', 'Hello', { total: 5 });
  const put = (kind: string, body: object) => cairn.ok('admin', 'PUT', `/v1/${kind}/${IDS[kind]}`, body);
  await cairn.ok('admin', 'PUT', '/v1/settings', { approval: { required: false } });
  const about = { layer: 'base', owner: 'growth', use: 'test', reviewBy: '2027-05-01' };
  await put('tags', { name: 'Known', ...about, if: { trait: 'email', exists: true } });
  await put('segments', { name: 'Known', if: { tag: 'known' } });
  await put('computed-traits', { event: 'Order Completed', within: '365d', avg: { of: 'total' } });
  await put('lists', { name: 'Fair' });
  await put('calendars', { holidays: ['2027-01-01'] });
  await put('content', { kind: 'case', match: { industry: ['retail'] }, fields: { title: 'Bakery' } });
  await put('templates', { class: 'transactional', content: { email: { subject: 'Hello', text: 'Hello' } } });
  await put('coupon-pools', { name: 'Pool', validFor: '7d' });
  await put('journeys', JOURNEY);
  await cairn.ok('admin', 'POST', '/v1/lists/fair/members', { profileIds: ['ann'] });
  await cairn.ok('admin', 'POST', '/v1/coupon-pools/pool/codes', { codes: ['one', 'two'] });
  await cairn.ok('admin', 'POST', '/v1/messages', { profileId: 'ann', template: 'welcome' });
  await cairn.local('POST', 'settle');
}
const JOURNEY = {
  name: 'Hello',
  owner: 'growth',
  entry: { event: 'Hello' },
  start: 'done',
  nodes: { done: { type: 'end' } },
};

/** Asks by the ids that are there; what deletes asks by others. */
async function configured(cairn: Cairn, folder: string): Promise<string> {
  const { body } = await cairn.call<{ paths: Record<string, Record<string, unknown>> }>('GET', '/v1/openapi.json');
  const operations = Object.entries(body.paths).flatMap(([path, methods]) => {
    const id = IDS[path.split('/')[2] ?? ''];
    const asked = Object.keys(methods).filter((method) => method !== 'delete');
    return id === undefined || !path.includes('{id}') ? [] : asked.map((method) => ({ path, method, id }));
  });
  const lines = operations.map(
    ({ path, method, id }) =>
      `[[operations]]\ninclude-name = "${method.toUpperCase()} ${path}"\nparameters = { "path.id" = "${id}" }\n`,
  );
  const file = join(folder, 'schemathesis.toml');
  await writeFile(file, lines.join('\n'));
  return file;
}

async function main(): Promise<number> {
  const command = await schemathesis();
  if (command === undefined) {
    console.log('There is no Python here: Schemathesis is not run.\n0 passed, 0 failed');
    return 0;
  }
  const folder = await mkdtemp(join(tmpdir(), 'cairn-api-'));
  const cairn = await Cairn.start('2026-11-02T01:00:00.000Z');
  try {
    await seed(cairn);
    const config = await configured(cairn, folder);
    const { token } = await cairn.local<{ token: string }>('POST', 'token', { sub: 'ann', roles: ['admin'] });
    const common = [
      `${cairn.url}/v1/openapi.json`,
      ...['--phases', 'examples,fuzzing', '--max-examples', String(EXAMPLES), '--generation-deterministic'],
      ...['--suppress-health-check', 'all', '--warnings', 'off', '--no-color', '--continue-on-failure'],
      ...['--checks', CHECKS.join(',')],
    ];
    const api = ['--exclude-tag', 'ingestion', '--header', `Authorization: Bearer ${token}`];
    // Clients' ids may have any form, and an invalid item is rejected within a 200.
    const ingestion = ['--include-tag', 'ingestion', '--auth', 'dev:', '--exclude-checks', 'negative_data_rejection'];
    const codes = [
      await run(command, ['--config-file', config, 'run', ...common, ...api], folder),
      await run(command, ['run', ...common, ...ingestion], folder),
    ];
    const failed = codes.filter((code) => code !== 0).length;
    console.log(`${codes.length - failed} passed, ${failed} failed`);
    return failed === 0 ? 0 : 1;
  } finally {
    await cairn.stop();
    await rm(folder, { recursive: true });
  }
}

process.exitCode = await main();
