import { afterAll, beforeAll, expect, it } from 'vitest';
import { callsOf } from '../../bench/calls.ts';
import { startMeter } from '../../bench/meter.ts';
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

it('an event that starts nothing takes 3 calls of DynamoDB, and a message 12, with their shares of what is counted', async () => {
  const { event, message } = await callsOf(cloud, meter);
  expect(event.all).toBeLessThanOrEqual(3.25);
  expect(message.all).toBeLessThanOrEqual(12);
}, 60_000);
