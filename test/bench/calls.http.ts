import { afterAll, beforeAll, expect, it } from 'vitest';
import { callsOf } from '../../bench/calls.ts';
import { startMetered } from '../../bench/meter.ts';

let metered: Awaited<ReturnType<typeof startMetered>>;

beforeAll(async () => {
  metered = await startMetered();
}, 60_000);
afterAll(() => metered.stop());

it('an event that starts nothing takes 3 calls of DynamoDB, and a message 12, with their shares of what is counted', async () => {
  const { event, message } = await callsOf(metered.cloud, metered.meter);
  expect(event.all).toBeLessThanOrEqual(3.25);
  expect(message.all).toBeLessThanOrEqual(12);
}, 60_000);
