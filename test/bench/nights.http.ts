import { afterAll, beforeAll, expect, it } from 'vitest';
import { startMetered } from '../../bench/meter.ts';
import { costOfNights } from '../../bench/nights.ts';

let metered: Awaited<ReturnType<typeof startMetered>>;

beforeAll(async () => {
  metered = await startMetered();
}, 60_000);
afterAll(() => metered.stop());

it('a night of few messages takes one message of its job, and a message is read once in each of two nights', async () => {
  const { fixed, message } = await costOfNights(metered.cloud, metered.meter, { fewer: 32, more: 96 });
  const of = (lines: typeof fixed, what: string) =>
    (lines.find((line) => line.what === what)?.perThousand ?? Number.NaN) / 1_000;
  // The functions that are invoked by a schedule, and `run-job` by its message, delayed once.
  expect(of(fixed, 'Lambda invocations')).toBeLessThanOrEqual(5);
  expect(of(fixed, 'DynamoDB write units (indexes included)')).toBeLessThanOrEqual(30);
  expect(of(message, 'DynamoDB read units')).toBeGreaterThanOrEqual(1);
  expect(of(message, 'DynamoDB read units')).toBeLessThanOrEqual(1.1);
}, 60_000);
