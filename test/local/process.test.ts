import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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
      ['--port', '-1'],
      ['--port='],
      ['--write-key='],
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

  it.each([
    ['cloud.json', '{"secret": '],
    ['cloud.json', '{"secret": "s", "now": "noon"}'],
    ['tables/CURRENT', 'nothing'],
    ['executions.db', 'nothing, at more length than a header'],
    ['queues/fauxqs.db', 'nothing, at more length than a header'],
  ])('says in one line that its folder is broken: %s is %s', async (file, text) => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
    const { code, stderr } = await failing('--port', '0', '--data', folder);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`the data folder ${folder} cannot be used`);
  });

  it('answers odd paths as those that lead nowhere', async () => {
    const cairn = await Cairn.start(AT);
    await cairn.ok('marketer', 'PUT', '/v1/tags/x', { name: 'X' });
    for (const path of ['//', '/v1//tags/x', '/v1/tags/x/', '/u/%', '/v1/tags/%ZZ'])
      expect((await cairn.as('viewer', 'GET', path)).status).toBe(404);
    await cairn.stop();
  });

  it('answers what is under way at SIGTERM, and ends cleanly; its folder is its own until then', async () => {
    const cairn = await Cairn.start(AT, ['--data', folder]);
    const second = await failing('--port', '0', '--data', folder);
    expect({ code: second.code, lines: second.stderr.trim().split('\n').length }).toEqual({ code: 1, lines: 1 });
    expect(second.stderr).toContain(folder);

    const body = JSON.stringify({ userId: 'ann', event: 'Signed Up', writeKey: 'dev' });
    const socket = connect(Number(new URL(cairn.url).port), '127.0.0.1');
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.write(
      `POST /v1/track HTTP/1.1\r\nhost: cairn\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    await cairn.now();
    const ended = cairn.stop();
    await expect.poll(() => cairn.now().catch(() => 'refused')).toBe('refused');
    socket.write(body);
    expect(await answer).toMatch(/^HTTP\/1.1 200 /);
    expect(await ended).toBe(0);
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

      const second = await Cairn.start(undefined, ['--data', folder]);
      expect(await second.now()).toBe(now);
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
