import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blocksOf } from '../markdown.ts';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

/** Of docs/journeys.md, to which the page refers: the functions of its shell. */
const shell = (): string[] =>
  blocksOf('journeys.md', 'sh').flatMap(({ text }) => {
    if (text.startsWith('CAIRN=')) return [text];
    return text.split('\n').filter((line) => line.startsWith('event() '));
  });

it('the first campaign of docs/campaigns.md goes to one, and then to the others, when the commands are typed as they stand there', async () => {
  await cairn.reset();
  const commands = [...shell(), ...blocksOf('campaigns.md', 'sh').map(({ text }) => text)];
  const script = commands.join('\n').replaceAll('http://127.0.0.1:4600', cairn.url);
  const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
  const answers = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { type?: string; items?: object[]; warnings?: object[] });
  expect(answers.filter(({ type }) => type?.startsWith('/problems/'))).toEqual([]);
  expect(answers.flatMap(({ warnings = [] }) => warnings)).toEqual(
    expect.arrayContaining([{ path: '/topic', message: expect.stringContaining('offers') }]),
  );
  // What the page shows below the list of occurrences, but for its instants.
  const shown = JSON.parse(blocksOf('campaigns.md', 'json')[0]?.text ?? '') as object;
  const [occurrence = {}] = answers.find(({ items = [] }) => items.some((item) => 'occurrence' in item))?.items ?? [];
  const instants = { occurrence: expect.any(String), at: expect.any(String), startedAt: expect.any(String) };
  expect(occurrence).toEqual({ ...shown, ...instants });
  const sent = await cairn.outbox({ channel: 'sms' });
  expect(sent.map(({ profileId }) => profileId).sort()).toEqual(['s1', 's2', 's3']);
}, 60_000);
