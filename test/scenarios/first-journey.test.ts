import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blocksOf } from '../markdown.ts';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

describe('the first journey of docs/journeys.md', () => {
  it('sends its SMS when the commands are typed as they stand there', { timeout: 60_000 }, async () => {
    const script = blocksOf('journeys.md', 'sh')
      .map(({ text }) => text.replaceAll('http://127.0.0.1:4600', cairn.url))
      .join('\n');
    const { stdout } = await promisify(execFile)('bash', ['-euc', script]);
    const refused = stdout.split('\n').filter((line) => line.startsWith('{"type":"/problems/'));
    expect(refused).toEqual([]);
    expect(await cairn.outbox()).toMatchObject([
      {
        at: '2026-11-04T01:00:00.000Z',
        channel: 'sms',
        template: 'first-order',
        text: expect.stringMatching(/^Hello Cid, still thinking\? http\S+\/c\/\S+$/),
      },
    ]);
    expect(stdout).toContain('"node":"two-days"');
    const simulated = stdout.split('\n').findLast((line) => line.includes('"timeline"')) ?? '';
    expect(JSON.parse(simulated)).toMatchObject({ outcome: 'reminded', messages: [{ template: 'first-order' }] });
  });
});
