import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Cairn } from './cairn.ts';
import { enter, installJourney } from './guardrails-harness.ts';

const AT = '2026-11-02T01:00:00.000Z';
let folder: string;
let cairn: Cairn;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cairn-lake-'));
  cairn = await Cairn.start(AT, ['--data', folder]);
  await cairn.ok('admin', 'PUT', '/v1/settings', { caps: [], approval: { required: false }, reportTraits: ['city'] });
  await installJourney(cairn, 'offer', { event: 'Offered', channel: 'sms', content: { text: 'An offer' } });
});
afterEach(async () => {
  await cairn.stop('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const counting = (enabled: boolean) => cairn.local('POST', 'mapping', { function: 'cairn-record-metrics', enabled });
const again = async (signal: NodeJS.Signals) => {
  await cairn.stop(signal);
  cairn = await Cairn.start(undefined, ['--data', folder]);
};
const reported = async (by: string) => {
  const { rows } = await cairn.ok<{ rows: { key: object; sent: number; recipients: number }[] }>(
    'viewer',
    'GET',
    `/v1/reports/journey/offer?by=${by}`,
  );
  return rows.map(({ key, sent, recipients }) => ({ key, sent, recipients }));
};
const sent = async (): Promise<number> =>
  (
    await cairn.ok<{ items: { status: string }[] }>('viewer', 'GET', '/v1/messages?template=offer&limit=100')
  ).items.filter(({ status }) => status === 'sent').length;
const drift = async () => {
  const { items } = await cairn.local<{ items: { name: string; state: string }[] }>('GET', 'alarms');
  return items.find(({ name }) => name === 'cairn-lake-drift')?.state;
};

it('has each fact once, although the process was killed again and again while facts were on their way', async () => {
  let customers = 0;
  for (const afterMs of [0, 40, 120]) {
    await counting(false);
    await enter(cairn, 'Offered', customers, 12);
    customers += 12;
    // Counting begins, and ends somewhere; then the queue gives what it holds to the next process.
    await counting(true);
    await wait(afterMs);
    await again('SIGKILL');
  }
  await cairn.advance('1h');
  expect(await sent()).toBe(customers);
  expect(await reported('trait:city')).toEqual([
    { key: { 'trait:city': null }, sent: customers, recipients: customers },
  ]);
  await cairn.advanceTo('2026-11-03T04:24:00.000Z');
  expect(await drift()).not.toBe('ALARM');
  expect(await reported('trait:city')).toEqual([
    { key: { 'trait:city': null }, sent: customers, recipients: customers },
  ]);
}, 120_000);

it('wakes somebody in the night where a file is lost', async () => {
  await enter(cairn, 'Offered', 0, 3);
  await cairn.stop();
  const stored = new DatabaseSync(join(folder, 'queues', 'fauxqs.db'));
  expect(stored.prepare(`DELETE FROM s3_objects WHERE key LIKE 'facts/%'`).run().changes).toBeGreaterThan(0);
  stored.close();
  cairn = await Cairn.start(undefined, ['--data', folder]);
  await cairn.advanceTo('2026-11-03T04:24:00.000Z');
  expect(await drift()).toBe('ALARM');
  // What is counted is there; what only the lake has is not.
  expect(await reported('channel')).toEqual([{ key: { channel: 'sms' }, sent: 3, recipients: 0 }]);
}, 120_000);
