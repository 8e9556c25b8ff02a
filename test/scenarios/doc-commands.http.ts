import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blocksOf } from '../markdown.ts';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));
beforeEach(() => cairn.reset());

/** The command blocks of a page that call the local process, each with the answers that the page shows below it. */
function commandsOf(page: string): { command: string; shown: string | undefined }[] {
  const blocks = blocksOf(page, '').map(({ text }) => text);
  return blocks.flatMap((command, index) => {
    if (!/^(curl|printf|TOKEN=)/.test(command)) return [];
    const below = blocks[index + 1];
    return [{ command, shown: below?.startsWith('{') ? below : undefined }];
  });
}

/** Fields and kinds of values: ids, keys and instants are new each time. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shapeOf(one)]));
}

/** Answers stand one after the other; one may have several lines. */
const answersIn = (text: string): unknown[] =>
  JSON.parse(`[${text.trim().replaceAll(/\}\s*\{"(?!index)/g, '},{"')}]`) as unknown[];

describe('the commands of the docs answer what the page shows:', () => {
  it.each([
    ['README.md', '../README.md', 2],
    ['docs/ingestion.md', 'ingestion.md', 7],
    ['docs/sending.md', 'sending.md', 3],
  ])('%s', async (_page, file, count) => {
    const commands = commandsOf(file);
    expect(commands).toHaveLength(count);
    const { token } = await cairn.local<{ token: string }>('POST', 'token', { sub: 'root', roles: ['admin'] });
    for (const { command, shown } of commands) {
      const script = `TOKEN=${token}\n${command.replaceAll('http://127.0.0.1:4600', cairn.url)}`;
      const { stdout } = await promisify(execFile)('bash', ['-euc', script.replaceAll('curl ', 'curl -sS ')]);
      await cairn.local('POST', 'settle');
      expect(stdout).not.toContain('/problems/');
      if (shown === undefined) continue;
      const [answers, expected] = [answersIn(stdout), answersIn(shown)];
      expect(answers.map(shapeOf)).toEqual(expected.map(shapeOf));
      if (shown.startsWith('{"success"')) expect(answers).toEqual(expected);
    }
  });
});
