import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDimensions } from '../../../core/results/dimensions.ts';
import { factRowsOf } from '../../../core/results/fact-row.ts';
import type { NamedQuery } from '../../../core/results/sql/question.ts';
import { QUERIES } from '../../../core/results/sql/registry.ts';
import { factTable } from './fact-table.ts';
import { factsOfSending, randomOf, randomSendings } from './random-sendings.ts';

const FROM = Date.parse('2026-10-27T00:00:00Z');
const span = { from: FROM, to: FROM + 60 * 24 * 3_600_000 };
const scope = { kind: 'campaign', id: 'spring' };
const clocks = [{ since: FROM, offsetMs: 0 }];
const reportBy = (text: string, kind = 'campaign') => {
  const read = readDimensions(text, ['city']);
  return {
    query: 'report',
    scope: { ...scope, kind },
    ...span,
    clocks,
    by: 'dimensions' in read ? read.dimensions : [],
  };
};
const ATTRIBUTED = { model: 'decay', by: 'channel', touch: 'opened', windowMs: 1e9, currency: 'CNY' };

let table: Awaited<ReturnType<typeof factTable>>;
beforeAll(async () => {
  const metricEvents = randomSendings(randomOf(1), 200).flatMap(factsOfSending);
  table = await factTable(factRowsOf({ id: 'm', metricEvents }));
});
afterAll(() => table.close());

it.each([
  reportBy('tag:vip'),
  reportBy('segment:high,variant'),
  reportBy('trait:city,day', 'channel'),
  reportBy('tag:vip,trait:city', 'journey'),
  { query: 'hours', scope, ...span },
  { query: 'customers', ...span, currency: 'CNY', limit: 10 },
  { query: 'attribution', ...span, ...ATTRIBUTED },
])('no question compares each fact with each recipient: %j', async (question) => {
  const { statement } = QUERIES[question.query] as NamedQuery;
  const { sql, parameters } = statement(question as never);
  const plan = JSON.stringify(await table.rows({ sql: `EXPLAIN (FORMAT json) ${sql}`, parameters }));
  expect(plan).toContain('HASH_');
  for (const everyPair of ['NL_JOIN', 'NESTED_LOOP', 'BLOCKWISE', 'CROSS_PRODUCT'])
    expect(plan).not.toContain(everyPair);
});
