import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOutbox } from '../../local/providers/outbox.ts';
import { type Engine, startEngine } from '../../local/states/engine.ts';
import { fileJournal } from '../../local/states/journal.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-bounds-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const broken = (error: Error) => {
  throw error;
};

/** Step Functions without a cloud around it. */
function engineOn(file: string): { engine: Engine; close: () => void } {
  const journal = fileJournal(file, broken);
  const engine = startEngine({
    now: () => 0,
    invoke: async () => undefined,
    onChange: () => undefined,
    onEnd: () => undefined,
    journal,
  });
  return { engine, close: () => journal.close() };
}

describe('executions that have ended', () => {
  it('are remembered up to a bound, newest first to stay, and over a restart; without what they carried', async () => {
    const first = engineOn(join(folder, 'executions.db'));
    first.engine.define('all', JSON.stringify({ StartAt: 'End', States: { End: { Type: 'Succeed' } } }));
    const count = 11_500;
    for (let index = 0; index < count; index += 1) {
      first.engine.start('all', `run-${index}`, JSON.stringify({ long: 'x'.repeat(100) }));
      first.engine.pump();
      if (index % 12 === 11) await new Promise((resolve) => setImmediate(resolve));
    }
    while (first.engine.isBusy()) {
      first.engine.pump();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([...first.engine.executions()]).toEqual([]);
    first.close();

    const second = engineOn(join(folder, 'executions.db'));
    const ended = [...second.engine.ended()];
    expect(ended.length).toBeGreaterThanOrEqual(10_000);
    expect(ended.length).toBeLessThanOrEqual(11_000);
    expect(ended.at(-1)).toEqual({
      arn: `arn:aws:states:us-east-1:000000000000:execution:all:run-${count - 1}`,
      machine: 'all',
      name: `run-${count - 1}`,
      status: 'SUCCEEDED',
      startedAt: 0,
      endedAt: 0,
    });
    expect(second.engine.start('all', `run-${count - 1}`, '{}')).toBe('exists');
    second.close();
  });
});

describe('the outbox', () => {
  it('keeps the newest messages up to a bound, in memory and on disk; no id comes twice', () => {
    const file = join(folder, 'outbox.jsonl');
    const first = startOutbox(file, broken);
    const html = 'x'.repeat(1024 * 1024);
    for (let index = 0; index < 40; index += 1)
      first.add({ at: '', channel: 'email', to: '', messageId: String(index), html, provider: 'ses' });
    const kept = first.items.map(({ messageId }) => messageId);
    expect(kept.length).toBeLessThan(33);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => String(40 - kept.length + index)));
    const second = startOutbox(file, broken);
    expect(second.items.map(({ messageId }) => messageId)).toEqual(kept);
    expect(new Set([first.newId('ses'), first.newId('ses'), second.newId('ses')]).size).toBe(3);
  });
});
