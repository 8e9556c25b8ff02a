import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMeter } from '../../bench/meter.ts';
import { costOfNights } from '../../bench/nights.ts';
import { startCloud } from '../../local/cloud.ts';
import type { Cloud } from '../../local/running-cloud.ts';

const meter = startMeter();
let cloud: Cloud;

beforeAll(async () => {
  const at = Date.parse('2026-11-02T01:00:00Z');
  cloud = await startCloud({ port: 0, isVirtual: true, at, bench: { observe: meter.observe, pointerMaxAgeMs: 5_000 } });
}, 60_000);
afterAll(async () => {
  await cloud.stop();
  meter.stop();
});

it('a night of few messages takes one message of its job, and a message is read once in each of two nights', async () => {
  const { fixed, message } = await costOfNights(cloud, meter, { fewer: 32, more: 96 });
  const of = (lines: typeof fixed, what: string) =>
    (lines.find((line) => line.what === what)?.perThousand ?? Number.NaN) / 1_000;
  // The functions that are invoked by a schedule, and `run-job` by its message, delayed once.
  expect(of(fixed, 'Lambda invocations')).toBeLessThanOrEqual(5);
  expect(of(fixed, 'DynamoDB write units (indexes included)')).toBeLessThanOrEqual(30);
  expect(of(message, 'DynamoDB read units')).toBeGreaterThanOrEqual(1);
  expect(of(message, 'DynamoDB read units')).toBeLessThanOrEqual(1.1);
}, 60_000);
