import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Delivery, PAUSE_MS, type Workload, workloadFor } from './calls.ts';
import { everyFault, FAULTS } from './faults.ts';
import { Server } from './server.ts';

const PACKAGES = ['segment-analytics-python==2.4.0', 'analytics-python==1.4.post1'];
const VENV = join(import.meta.dirname, '../../.venv', PACKAGES.join('-').replaceAll('==', '-'));

function run(command: string, args: string[], input = ''): { ended: Promise<number>; output: Promise<string> } {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 1));
  });
  return { ended, output: text(child.stdout) };
}

/** Python of a virtual environment with the clients; undefined where there is no Python. */
async function python(): Promise<string | undefined> {
  const [command, done] = [join(VENV, 'bin', 'python'), join(VENV, 'installed')];
  if (existsSync(done)) return command;
  if ((await run('python3', ['-m', 'venv', VENV]).ended) !== 0) return undefined;
  const code = await run(command, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]).ended;
  if (code !== 0) throw new Error(`pip cannot install ${PACKAGES.join(' ')}`);
  await run(command, ['-c', `open(${JSON.stringify(done)}, "w")`]).ended;
  return command;
}
const command = await python();

let server: Server;
beforeEach(async () => {
  server = await Server.start();
});
afterEach(() => server.stop());

async function send(
  module: string,
  { rounds }: Workload,
  { writeKey = 'dev', pauseMs = PAUSE_MS } = {},
): Promise<Delivery> {
  const input = JSON.stringify({ module, host: server.proxy.url, writeKey, rounds, pauseMs });
  const client = run(command ?? '', [join(import.meta.dirname, 'client.py')], input);
  expect(await client.ended).toBe(0);
  return JSON.parse(await client.output) as Delivery;
}

const allDelivered = ({ calls }: Workload): Delivery => ({ delivered: calls.map(() => true), errors: [] });

if (command === undefined)
  it('There is no Python 3 with venv here: its clients are not tried, which fails in CI', () => {
    expect(process.env.CI).toBeUndefined();
  });
else
  describe.each([
    ['segment-analytics-python 2', 'segment.analytics.client'],
    ['analytics-python 1.4', 'analytics.client'],
  ])('%s', (_, module) => {
    it('sends everything it can, in bursts of many and of one', async () => {
      const workload = workloadFor('all', { customers: 30, renamed: 5, busy: 300 });
      expect(await send(module, workload)).toEqual(allDelivered(workload));
      await server.expectRead(workload);
    });

    it('repeats what is refused, reset or not answered, and nothing counts twice', async () => {
      server.proxy.plan = everyFault;
      const workload = workloadFor('faults', { customers: 60, renamed: 5, busy: 300 });
      expect(await send(module, workload)).toEqual(allDelivered(workload));
      expect(FAULTS.filter((fault) => !server.proxy.seen.includes(fault))).toEqual([]);
      await server.expectRead(workload);
    });

    it('is refused whole beyond the burst of one customer, and comes again', async () => {
      const workload = workloadFor('burst', { customers: 0, renamed: 0, busy: 200 });
      const left = await server.useUpBurst(workload);
      expect(await send(module, left)).toEqual(allDelivered(left));
      expect(server.proxy.seen).toContain('429');
      await server.expectRead(workload);
    });

    it.each(['SIGTERM', 'SIGKILL'] as const)('outlives a restart by %s', async (signal) => {
      const workload = workloadFor(signal, { customers: 30, renamed: 3, busy: 200 });
      const sending = send(module, workload, { pauseMs: 10 });
      await server.restartAfter(2, signal);
      expect(await sending).toEqual(allDelivered(workload));
      await server.rest();
      await server.expectRead(workload);
    });

    it('does not repeat what will never be taken', async () => {
      const workload = workloadFor('refused', { customers: 1, renamed: 0, busy: 0 });
      const { delivered, errors } = await send(module, workload, { writeKey: 'not-a-key' });
      expect(delivered).toEqual(workload.calls.map(() => false));
      expect(errors).toHaveLength(server.proxy.seen.length);
      expect(new Set(server.proxy.seen)).toEqual(new Set(['401']));
    });
  });
