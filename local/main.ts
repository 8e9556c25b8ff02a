import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseInstant } from '../core/time/instant.ts';
import { ROOT } from '../lib/sources.ts';
import type { CloudOptions } from './cloud.ts';
import { brokenFolder } from './data-folder.ts';
import type { Cloud } from './running-cloud.ts';

const USAGE =
  'npm start -- [--port 4600] [--clock real|virtual] [--at <ISO instant>] [--memory | --data <folder>] [--write-key <key>] [--webhook-hosts <host:port,…>] [--wire]';

/** `npm start`: runs Cairn on this machine until SIGTERM. A wrong flag, port or folder is reported in one line. */
let running: Cloud | undefined;
if (process.argv.slice(2).some((flag) => flag === '--help' || flag === '-h')) {
  console.log(`${USAGE}\ndocs/local.md describes the flags.`);
  process.exit(0);
}
endOnSignals();
try {
  const options = readFlags(process.argv.slice(2));
  // The first signal may arrive while this loads.
  const { startCloud } = await import('./cloud.ts');
  running = await startCloud({ ...options, onBroken: (error) => fail(brokenFolder(options.dataDir, error)) });
  console.log(`Cairn is ready on ${running.url}`);
} catch (error) {
  fail(sentence(error));
}

/** Exits at once: everything that was answered is written, and no more requests may be answered. */
function fail(why: string): never {
  try {
    writeSync(2, `cairn: ${why}\n`);
  } finally {
    process.exit(1);
  }
}

function readFlags(args: string[]): CloudOptions {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4600' },
      clock: { type: 'string', default: 'real' },
      at: { type: 'string' },
      memory: { type: 'boolean', default: false },
      data: { type: 'string' },
      'write-key': { type: 'string' },
      'webhook-hosts': { type: 'string' },
      wire: { type: 'boolean', default: false },
    },
  });
  const port = /^\d+$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (!(port <= 65_535)) throw new Error(`--port must be a port, not ${values.port}`);
  if (values.clock !== 'real' && values.clock !== 'virtual')
    throw new Error(`--clock must be real or virtual, not ${values.clock}`);
  const at = values.at === undefined ? undefined : parseInstant(values.at);
  if (values.at !== undefined && at === undefined)
    throw new Error(`--at must be an ISO 8601 instant, not ${values.at}`);
  if (at !== undefined && values.clock === 'real') throw new Error('--at goes with --clock virtual');
  if (values.memory && values.data !== undefined) throw new Error('--memory and --data exclude each other');
  if (values['write-key'] === '') throw new Error('--write-key must not be empty');
  return {
    port,
    isVirtual: values.clock === 'virtual',
    at,
    dataDir: values.memory ? undefined : (values.data ?? join(ROOT, '.cairn', 'data')),
    writeKey: values['write-key'],
    webhookHosts: values['webhook-hosts'],
    isWired: values.wire,
  };
}

function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `the port is in use: ${error.message.replace('listen EADDRINUSE: address already in use ', '')}; name another with --port`;
  if (String(code).startsWith('ERR_PARSE_ARGS')) return `${error.message.split(/\.\s/)[0]}. ${USAGE}`;
  return error.message.split('\n')[0] ?? 'failed';
}

/** The first signal drains and stops, or aborts a start, in which nothing has been answered yet; a second one exits at once. */
function endOnSignals(): void {
  let isEnding = false;
  const end = async () => {
    if (isEnding) process.exit(1);
    isEnding = true;
    await running?.stop();
    process.exit(0);
  };
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => void end());
}
