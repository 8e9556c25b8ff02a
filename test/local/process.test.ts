import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cairn } from '../scenarios/cairn.ts';

const AT = '2026-11-02T01:00:00.000Z';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-process-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What a start that fails says, and its exit code. */
async function failing(...flags: string[]): Promise<{ code: unknown; stderr: string }> {
  try {
    await promisify(execFile)(process.execPath, ['local/main.ts', ...flags]);
    return { code: 0, stderr: '' };
  } catch (error) {
    return error as { code: unknown; stderr: string };
  }
}

describe('npm start', () => {
  it('says in one line what is wrong with a flag', async () => {
    for (const flags of [
      ['--port', 'abc'],
      ['--clock', 'sundial'],
      ['--at', 'noon', '--clock', 'virtual'],
      ['--prot', '1'],
    ]) {
      const { code, stderr } = await failing(...flags);
      expect(code).toBe(1);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toMatch(/^cairn: /);
    }
  });

  it('says in one line that its port is in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const { code, stderr } = await failing('--port', port, '--memory');
    server.close();
    expect({ code, stderr: stderr.trim() }).toEqual({
      code: 1,
      stderr: `cairn: the port is in use: 127.0.0.1:${port}`,
    });
  });

  it('says in one line that its folder is broken', async () => {
    await writeFile(join(folder, 'cloud.json'), '{"secret": ');
    const { code, stderr } = await failing('--port', '0', '--data', folder);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(folder);
  });

  it('ends cleanly on SIGTERM', async () => {
    const cairn = await Cairn.start(AT);
    await cairn.track('ann', 'Signed Up');
    expect(await cairn.stop()).toBe(0);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`goes on after ${signal} where it was: profiles, definitions, and runs that wait`, async () => {
      const first = await Cairn.start(AT, ['--data', folder]);
      await first.ok('marketer', 'PUT', '/v1/templates/hello', {
        class: 'marketing',
        content: { push: { title: 'Hello', body: 'again' } },
      });
      await first.ok('marketer', 'PUT', '/v1/journeys/later', {
        name: 'Later',
        owner: 'growth',
        entry: { event: 'Signed Up' },
        start: 'rest',
        nodes: {
          rest: { type: 'wait', for: '40d', next: 'tell' },
          tell: { type: 'send', template: 'hello', channels: ['push'], next: 'done' },
          done: { type: 'end' },
        },
      });
      await first.publish('later');
      await first.identify(
        'ann',
        { city: 'Shanghai' },
        { context: { device: { type: 'ios', token: 't' }, consent: { categoryPreferences: { push: true } } } },
      );
      await first.ok('marketer', 'PUT', '/v1/templates/receipt', {
        class: 'transactional',
        content: { push: { title: 'Receipt', body: 'Thank you' } },
      });
      await first.ok('marketer', 'POST', '/v1/messages', { profileId: 'ann', template: 'receipt' });
      await first.track('ann', 'Signed Up');
      await first.advance('1d');
      const now = await first.now();
      await first.stop(signal);

      const second = await Cairn.start(AT, ['--data', folder, '--at', signal === 'SIGTERM' ? now : AT]);
      expect((await second.ok<{ traits: object }>('viewer', 'GET', '/v1/profiles/ann')).traits).toMatchObject({
        city: 'Shanghai',
      });
      await second.advanceTo('2026-12-12T01:00:00.000Z');
      expect(await second.outbox({ profileId: 'ann' })).toMatchObject([
        { at: AT, template: 'receipt' },
        { at: '2026-12-12T01:00:00.000Z', template: 'hello' },
      ]);
      await second.stop();
    });
  }
});
