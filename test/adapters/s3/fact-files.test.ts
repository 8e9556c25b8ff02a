import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { factFiles } from '../../../adapters/s3/fact-files.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { FACT_COLUMN_NAMES, factRowsOf } from '../../../core/results/fact-row.ts';

const AT = Date.parse('2026-11-02T01:00:00.123Z');
const SENT: MetricEvent = {
  id: 'sent-1',
  at: AT,
  sentAt: AT,
  of: 'message',
  metric: 'sent',
  dimensions: { channel: 'sms', template: 'letter', campaign: 'spring', occurrence: 'o1', variant: 'gift', version: 3 },
  profile: 'p1',
  message: 'm1',
  localHour: 9,
  audience: { tags: ['vip', '上海'], segments: [], traits: { city: '上海 "1"' } },
  cost: 45_000,
};
const ORDER: MetricEvent = {
  once: 'order-1',
  at: AT + 1,
  of: 'order',
  metric: 'refund',
  dimensions: {},
  profile: 'p1',
  amount: -1_050,
  currency: 'CNY',
  order: 'o-7',
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** S3, whose objects are files of a folder. */
function lake() {
  const keys: string[] = [];
  const send = async ({ input }: PutObjectCommand) => {
    keys.push(String(input.Key));
    writeFileSync(join(folder, `${keys.length}.parquet`), input.Body as Uint8Array);
  };
  return { keys, files: factFiles({ send } as unknown as S3Client, 'bucket') };
}

async function read(sql: string) {
  const database = await DuckDBInstance.create();
  const connection = await database.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowObjectsJson();
  connection.closeSync();
  return rows;
}

it('a file has all columns in their order, and DuckDB reads in it what was published', async () => {
  const { keys, files } = lake();
  await files.write('abc', factRowsOf({ id: 'q1', metricEvents: [SENT, ORDER] }));
  expect(keys).toEqual(['facts/dt=2026-11-02/part-abc.parquet']);
  const rows = await read(`SELECT * FROM '${folder}/1.parquet' ORDER BY id DESC`);
  expect(Object.keys(rows[0] ?? {})).toEqual(FACT_COLUMN_NAMES);
  expect(rows[0]).toMatchObject({
    id: 'sent-1',
    at: '2026-11-02 01:00:00.123+00',
    sent_at: '2026-11-02 01:00:00.123+00',
    of: 'message',
    machine: false,
    detail: null,
    version: '3',
    local_hour: '9',
    cost: '45000',
    tags: ['vip', '上海'],
    segments: [],
    traits: '{"city":"上海 \\"1\\""}',
  });
  expect(rows[1]).toMatchObject({ id: 'order-1', amount: '-1050', currency: 'CNY', order_key: 'o-7', tags: null });
});

it('facts without an id of their own are told apart by their place on the queue, the same at each delivery', () => {
  const { id: _id, ...plain } = SENT;
  const message = { id: 'series#7', metricEvents: [plain, plain] };
  expect(factRowsOf(message).map(({ id }) => id)).toEqual(['series#7#0', 'series#7#1']);
  expect(factRowsOf(message)).toEqual(factRowsOf(message));
});

it('each day on which facts happened has a file', async () => {
  const { keys, files } = lake();
  await files.write('n', factRowsOf({ id: 'q', metricEvents: [SENT, { ...SENT, at: AT - 24 * 3_600_000 }] }));
  expect(keys.toSorted()).toEqual(['facts/dt=2026-11-01/part-n.parquet', 'facts/dt=2026-11-02/part-n.parquet']);
});

it('files of many days are put some at a time: a call that waits for a connection is given up', async () => {
  let [now, most] = [0, 0];
  const send = async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
  };
  const metricEvents = Array.from({ length: 100 }, (_, days) => ({ ...ORDER, at: AT - days * 24 * 3_600_000 }));
  await factFiles({ send } as unknown as S3Client, 'bucket').write('n', factRowsOf({ id: 'q', metricEvents }));
  expect(most).toBeLessThanOrEqual(16);
});
