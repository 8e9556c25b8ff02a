import { afterAll, beforeAll, expect, it } from 'vitest';
import { costOfMessages } from '../../bench/messages.ts';
import { startMetered } from '../../bench/meter.ts';

let metered: Awaited<ReturnType<typeof startMetered>>;

beforeAll(async () => {
  metered = await startMetered();
}, 60_000);
afterAll(() => metered.stop());

it('a message takes 5.1 write units until it is sent, a receipt one more, and its row stays below 1 KB', async () => {
  const costs = await costOfMessages(metered.cloud, metered.meter);
  expect(costs.map(({ channel }) => channel).toSorted()).toEqual(['email', 'push', 'sms', 'webhook']);
  for (const { channel, writeUnits, each, rowBytes, receipt } of costs) {
    expect(each, channel).toMatchObject({ 'PutItem messages': 3, 'UpdateItem messages': 1, 'PutItem profiles': 1 });
    expect(writeUnits, channel).toBeLessThanOrEqual(5.1);
    // The longest ids of a journey, its node and a template have 150 characters more.
    expect(rowBytes, channel).toBeLessThanOrEqual(700);
    expect(receipt?.writeUnits ?? 1, channel).toBeLessThanOrEqual(1.1);
    expect(receipt?.rowBytes ?? 0, channel).toBeLessThanOrEqual(850);
  }
}, 600_000);
