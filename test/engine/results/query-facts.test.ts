import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { ProfileKey } from '../../../core/ids.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import type { ExportQuestion } from '../../../core/results/sql/exports.ts';
import { armsOf } from '../../../engine/results/campaign-arms.ts';
import { exportFacts } from '../../../engine/results/export-facts.ts';
import { KeptAnswers } from '../../../engine/results/kept-answers.ts';
import type { Exports, FactEngine } from '../../../engine/results/ports.ts';
import { queryFacts } from '../../../engine/results/query-facts.ts';
import { withFacts } from '../../../engine/results/with-facts.ts';
import { lakeFolder } from './lake-folder.ts';

const AT = Date.parse('2026-11-02T01:00:00Z');
const DAY = 24 * 3_600_000;
const fact = (id: string, metric: string, more: Partial<MetricEvent> = {}): MetricEvent => ({
  id,
  at: AT,
  of: 'message',
  metric,
  dimensions: { channel: 'sms', template: 'letter', campaign: 'spring' },
  profile: `profile-of-${id}`,
  ...more,
});

const noParts = { list: async () => [], fetch: async () => 0, delete: async () => {} };
const noPages = { get: async () => undefined, getShared: async () => ({ duplicates: [], without: {} }) };

const open: (() => void)[] = [];
afterEach(() => {
  for (const remove of open.splice(0)) remove();
});
function world(before?: Parameters<typeof lakeFolder>[0]) {
  const folder = lakeFolder(before);
  open.push(folder.remove);
  const all = (sql: string) =>
    withFacts(folder, { from: '2026-11-01' }, (facts) => facts.rows({ sql, parameters: [] }));
  return { ...folder, all };
}

it('answers a question by its name, and knows of no other', async () => {
  const { lake, engine, write } = world();
  const clocks = [{ since: AT, offsetMs: 0 }];
  const period = { from: AT, to: AT + DAY, clocks, by: [], only: 'recipients' };
  const question = { query: 'report', scope: { kind: 'campaign', id: 'spring' }, ...period };
  expect(await queryFacts({ lake, engine }, question)).toMatchObject([{ counter: 'recipients', count: 0 }]);
  await write('a', { id: 'q', metricEvents: [fact('1', 'sent'), fact('2', 'suppressed'), fact('1', 'delivered')] });
  await write('b', { id: 'r', metricEvents: [fact('3', 'sent', { dimensions: { campaign: 'other' } })] });
  expect(await queryFacts({ lake, engine }, question)).toMatchObject([{ counter: 'recipients', count: 2 }]);
  await expect(queryFacts({ lake, engine }, { query: 'toString' })).rejects.toThrow('no question');
});

it('asks the same again only once a file has come or gone', async () => {
  const { lake, engine, write } = world();
  let opened = 0;
  const counting: FactEngine = {
    ...engine,
    open: (files, work) => {
      opened += 1;
      return engine.open(files, work);
    },
  };
  const answers = new KeptAnswers();
  const ask = async (day = '2026-11-02') => {
    const rows = await queryFacts({ lake, engine: counting, answers }, { query: 'counts', day });
    return rows.reduce((sum, row) => sum + Number((row as { count: number }).count), 0);
  };
  await write('a', { id: 'q', metricEvents: [fact('1', 'sent')] });
  expect([await ask(), await ask(), opened]).toEqual([1, 1, 1]);
  expect([await ask('2026-11-03'), opened]).toEqual([0, 2]);
  await write('b', { id: 'r', metricEvents: [fact('2', 'sent')] });
  expect([await ask(), await ask(), opened]).toEqual([2, 2, 3]);
  // A file of another day changes nothing.
  await write('c', { id: 's', metricEvents: [fact('3', 'sent', { at: AT + DAY })] });
  expect([await ask(), opened]).toEqual([2, 3]);
  await lake.delete((await lake.list({ from: '2026-11-02', to: '2026-11-02' })).slice(1).map(({ key }) => key));
  // The files are those of the first time.
  expect([await ask(), opened]).toEqual([1, 3]);
});

it('keeps no more answers than it may, and those that were asked last', () => {
  const answers = new KeptAnswers();
  const rows = [{ text: 'x'.repeat(1_500_000) }];
  for (let index = 0; index < 20; index += 1) {
    answers.set(`k${index}`, rows);
    answers.get('k0');
  }
  expect(answers.get('k0')).toBe(rows);
  expect(answers.get('k1')).toBeUndefined();
  expect(answers.get('k19')).toBe(rows);
  answers.set('large', [{ text: 'x'.repeat(3_000_000) }]);
  expect(answers.get('large')).toBeUndefined();
});

it('shows each fact once, however many files have it, with instants in milliseconds', async () => {
  const { write, all } = world();
  const metricEvents = [fact('1', 'sent', { sentAt: AT }), fact('2', 'sent')];
  await write('a', { id: 'q', metricEvents });
  await write('b', { id: 'q', metricEvents }, { id: 'r', metricEvents: [fact('3', 'sent')] });
  expect(await all('SELECT id, "at", sent_at FROM facts ORDER BY id')).toEqual([
    { id: '1', at: AT, sent_at: AT },
    { id: '2', at: AT, sent_at: null },
    { id: '3', at: AT, sent_at: null },
  ]);
});

it('shows of what happens again the first, whatever the day', async () => {
  const { write, all } = world();
  const later = fact('x', 'converted', { at: AT + 3 * DAY });
  await write('b', { id: 'q', metricEvents: [later] });
  await write('a', { id: 'r', metricEvents: [fact('x', 'converted')] });
  expect(await all('SELECT id, f."at" FROM facts AS f')).toEqual([{ id: 'x', at: AT }]);
});

it('begins anew with the list where a file is gone that a compaction has replaced', async () => {
  let compaction: (() => Promise<void>) | undefined;
  const { lake, engine, write, keys } = world(async (call) => {
    const due = call === 'fetch' ? compaction : undefined;
    if (due !== undefined) compaction = undefined;
    await due?.();
  });
  await write('a', { id: 'q', metricEvents: [fact('1', 'sent')] });
  const [old = ''] = keys();
  compaction = async () => {
    await lake.put('facts/dt=2026-11-02/day-0of1-x.parquet', String(await lake.fetch({ key: old, bytes: 0, at: 0 })));
    await lake.delete([old]);
  };
  const rows = await withFacts({ lake, engine }, { from: '2026-11-01' }, (facts) =>
    facts.rows({ sql: 'SELECT id FROM facts', parameters: [] }),
  );
  expect(rows).toEqual([{ id: '1' }]);
});

it('reads no file of other days', async () => {
  const { lake, engine, write } = world();
  await write('a', { id: 'q', metricEvents: [fact('1', 'sent'), fact('2', 'sent', { at: AT + DAY })] });
  const read = (days: { from: string; to?: string }) =>
    withFacts({ lake, engine }, days, (facts) => facts.rows({ sql: 'SELECT id FROM facts', parameters: [] }));
  expect(await read({ from: '2026-11-03' })).toEqual([{ id: '2' }]);
  expect(await read({ from: '2026-11-02', to: '2026-11-02' })).toEqual([{ id: '1' }]);
});

it('exports no text as a formula that a spreadsheet would carry out', async () => {
  const { lake, engine, write } = world();
  const keys = ['=HYPERLINK("http://evil.example")', '\u200B＝1', ' -5', '\tx', 'order-1', '#12', 'a=b'];
  const sold = (order: string, n: number) => fact(`o${n}`, 'revenue', { order, amount: 100, currency: 'CNY' });
  await write('a', { id: 'q', metricEvents: keys.map(sold) });
  const folder = mkdtempSync(join(tmpdir(), 'exports-'));
  open.push(() => rmSync(folder, { recursive: true, force: true }));
  let csv = '';
  const exports: Exports = {
    rowsOf: async () => undefined,
    put: async (_key, path) => {
      csv = readFileSync(path, 'utf8');
    },
  };
  const question: ExportQuestion = {
    query: 'export',
    id: 'job',
    of: 'conversions',
    from: AT,
    to: AT + DAY,
    format: 'csv',
  };
  expect(await exportFacts({ lake, engine, exports, folder, parts: noParts, pages: noPages }, question)).toMatchObject({
    rows: keys.length,
  });
  for (const shown of [`'=HYPERLINK(""http`, "'\u200B＝1", "' -5", "'\tx", ',order-1,', ',"#12",', ',a=b,'])
    expect(csv).toContain(shown);
});

it('compares the arms of a campaign whatever the number of those who converted', async () => {
  const many = Array.from({ length: 100_000 }, (_, n) => ({ profile: `profile-${n}`.padEnd(50, '.'), ats: [AT + 1] }));
  const lake = { ...world().lake, list: async () => [] };
  const engine: FactEngine = {
    open: (_files, work) => work({ rows: async () => many, copy: async () => 0 }),
    compact: async () => [],
  };
  const lines = many.slice(0, 10).map(({ profile }) => ({ p: profile as ProfileKey, s: '1' }));
  const pages = { get: async () => lines as never, getShared: async () => ({ duplicates: [], without: {} }) };
  const sendings = [{ id: 'o1', at: AT, pages: [1], within: DAY }];
  const found = await armsOf({ lake, engine, pages }, { query: 'arms', campaign: 'spring', to: AT + DAY, sendings });
  expect(found.treated).toEqual({ n: 10, converted: 10 });
  await expect(
    queryFacts({ lake, engine }, { query: 'converters', campaign: 'spring', from: AT, to: AT + DAY }),
  ).rejects.toThrow('bytes');
});

it('sums up orders however large', async () => {
  const { lake, engine, write } = world();
  const orders = Array.from({ length: 1_100 }, (_, n) =>
    fact(`o${n}`, 'order', { of: 'order', order: `${n}`, amount: 9e15, currency: 'CNY' }),
  );
  await write('a', { id: 'q', metricEvents: orders });
  const question = { query: 'attribution', from: AT, to: AT + DAY, model: 'last', by: 'channel', touch: 'clicked' };
  const [found] = await queryFacts({ lake, engine }, { ...question, windowMs: DAY, currency: 'CNY' });
  expect(found).toMatchObject({ kind: 'none', orders: 1_100, revenue: 99e17 });
});
