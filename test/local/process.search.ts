import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cairn } from '../scenarios/cairn.ts';

const AT = '2026-11-02T01:00:00.000Z';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-process-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Returns the error output and the exit code of a start that fails. */
async function failing(...flags: string[]): Promise<{ code: unknown; stderr: string }> {
  try {
    await promisify(execFile)(process.execPath, ['local/main.ts', ...flags]);
    return { code: 0, stderr: '' };
  } catch (error) {
    return error as { code: unknown; stderr: string };
  }
}

/** Every file with what is in it. */
async function contentsOf(path: string): Promise<Map<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = await Promise.all(
    files.map(async (file) => [relative(path, file), await readFile(file, 'latin1')] as const),
  );
  return new Map(read);
}

/** A process whose files may not exceed this many blocks of 512 bytes, to simulate a full disk. */
async function startWithin(blocks: number | 'unlimited', data: string) {
  const command = `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" local/main.ts --port 0 --clock virtual --data "$1"`;
  const child = spawn('sh', ['-c', command, process.execPath, data]);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr }));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      const ready = /Cairn is ready on (\S+)/.exec(chunk.toString())?.[1];
      if (ready !== undefined) resolve(ready);
    });
    void ended.then(() => reject(new Error(stderr)));
  });
  return { url, ended, pid: String(child.pid) };
}

/** From now on the process can write no file, whichever it has open already. */
const stopWrites = (pid: string) => promisify(execFile)('prlimit', ['--pid', pid, '--fsize=0:0']);

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
      stderr: `cairn: the port is in use: 127.0.0.1:${port}; name another with --port`,
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

  it('refuses a folder that has lost a part, in one line, and touches nothing in it', async () => {
    const cairn = await Cairn.start(AT, ['--data', folder]);
    await cairn.identify('ann', { city: 'Shanghai' });
    await cairn.stop('SIGKILL');
    const whole = await contentsOf(folder);
    for (const [file, spoil] of [
      ['tables/CURRENT', rm],
      ['tables/CURRENT', truncate],
      ['executions.db', rm],
      ['executions.db', truncate],
      ['queues/fauxqs.db', truncate],
      ['cloud.json', rm],
    ] as const) {
      await spoil(join(folder, file));
      const spoilt = await contentsOf(folder);
      const { code, stderr } = await failing('--port', '0', '--data', folder);
      expect(code).toBe(1);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toContain(`${file} is missing`);
      expect(await contentsOf(folder)).toEqual(spoilt);
      await writeFile(join(folder, file), whole.get(file) ?? '');
    }
    const mended = await Cairn.start(undefined, ['--data', folder]);
    expect(await mended.ok('viewer', 'GET', '/v1/profiles/ann')).toMatchObject({ traits: { city: 'Shanghai' } });
    await mended.stop();
  }, 60_000);

  it('says in one line that its folder is no folder, or nothing that can be made', async () => {
    await writeFile(join(folder, 'file'), '');
    for (const data of [join(folder, 'file'), join(folder, 'file', 'deeper')]) {
      const { code, stderr } = await failing('--port', '0', '--data', data);
      expect(code).toBe(1);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toContain(`the data folder ${data} cannot be used`);
    }
  });

  it('ends with one line when its disk is full; what it has answered is there at the next start', async () => {
    const { url, ended } = await startWithin(3_072, folder);
    const accepted: string[] = [];
    for (let from = 0; ; from += 10) {
      const userIds = Array.from({ length: 10 }, (_, index) => `user-${from + index}`);
      const batch = userIds.map((userId) => ({ type: 'identify', userId, traits: { long: 'x'.repeat(20_000) } }));
      const answered = await fetch(`${url}/v1/batch`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa('dev:')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ batch }),
      }).catch(() => undefined);
      if (answered === undefined) break;
      if (answered.ok) accepted.push(...userIds);
    }
    const { code, stderr } = await ended;
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(/^cairn: the data folder .* cannot be written: (the disk is full|disk I\/O error)/);
    expect(code).toBe(1);
    expect(accepted.length).toBeGreaterThan(5);

    const again = await Cairn.start(undefined, ['--data', folder]);
    await again.advance('1h');
    for (const id of accepted) expect((await again.as('viewer', 'GET', `/v1/profiles/${id}`)).status).toBe(200);
    await again.stop();
  }, 120_000);

  it.each([
    ['an event', (cairn: Cairn) => cairn.identify('eve', { city: 'Hefei' })],
    ['a definition', (cairn: Cairn) => cairn.ok('marketer', 'PUT', '/v1/tags/late', { name: 'Late' })],
    ['a step of the clock, at which runs go on', (cairn: Cairn) => cairn.advance('2h')],
    ['SIGTERM', (_cairn: Cairn, pid: string) => process.kill(Number(pid), 'SIGTERM')],
  ] as const)(
    'ends with one line when %s meets a folder that cannot be written any more',
    async (what, next) => {
      const { url, ended, pid } = await startWithin('unlimited', folder);
      const cairn = Cairn.at(url);
      const nodes = {
        rest: { type: 'wait', for: '1h', next: 'mark' },
        mark: { type: 'update', traits: { marked: true }, next: 'done' },
        done: { type: 'end' },
      };
      const journey = { name: 'Mark', owner: 'growth', entry: { event: 'Signed Up' }, start: 'rest', nodes };
      await cairn.ok('marketer', 'PUT', '/v1/journeys/mark', journey);
      await cairn.publish('mark');
      for (const id of ['ann', 'bob']) {
        await cairn.identify(id, { city: 'Shanghai' });
        await cairn.track(id, 'Signed Up');
      }
      await cairn.advance('1m');
      // Accepted, and still on its queue.
      await cairn.identify('dan', { city: 'Suzhou' });
      await stopWrites(pid);
      const answered = await Promise.resolve(next(cairn, pid)).then(
        () => true,
        () => false,
      );
      const { code, stderr } = await ended;
      if (what === 'SIGTERM' && code === 0) expect(stderr).toBe('');
      else {
        expect(stderr.trim().split('\n')).toHaveLength(1);
        expect(stderr).toMatch(/^cairn: the data folder .* cannot be written: (the disk is full|disk I\/O error)/);
        expect(code).toBe(1);
      }
      const again = await Cairn.start(undefined, ['--data', folder]);
      await again.advance('3h');
      for (const id of ['ann', 'bob'])
        expect(await again.ok('viewer', 'GET', `/v1/profiles/${id}`)).toMatchObject({ traits: { marked: true } });
      for (const id of ['dan', ...(what === 'an event' && answered ? ['eve'] : [])])
        expect((await again.as('viewer', 'GET', `/v1/profiles/${id}`)).status).toBe(200);
      await again.stop();
    },
    120_000,
  );

  it('ends without a word at SIGTERM, however soon it comes after the start', async () => {
    for (const afterMs of [0, 150, 300, 500, 800, 1_200]) {
      const child = spawn(process.execPath, ['local/main.ts', '--port', '0', '--data', folder]);
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      await wait(afterMs);
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const [code, signal] = (await ended) as [number | null, string | null];
      // Before a line of ours has run, the signal itself ends it.
      expect(signal ?? code).toBe(signal === null ? 0 : 'SIGTERM');
      expect(said).toBe('');
    }
    const cairn = await Cairn.start(undefined, ['--data', folder]);
    expect(await cairn.stop()).toBe(0);
  }, 60_000);

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
          rest: { type: 'wait', for: '40d', next: 'notify' },
          notify: { type: 'send', template: 'hello', channels: ['push'], next: 'done' },
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
