import { afterAll, beforeAll, expect, it } from 'vitest';
import { costOfCampaign } from '../../bench/campaign.ts';
import { startMetered } from '../../bench/meter.ts';

let metered: Awaited<ReturnType<typeof startMetered>>;

beforeAll(async () => {
  metered = await startMetered();
}, 60_000);
afterAll(() => metered.stop());

it('a campaign writes a recipient 5.1 units, and reads the profile once to collect it and twice to send to it', async () => {
  const { collecting, sending, lines } = await costOfCampaign(metered.cloud, metered.meter, 200);
  expect(collecting.each['Query profiles']).toBeLessThanOrEqual(1.3);
  expect(sending.each).toMatchObject({ 'PutItem profiles': 1, 'PutItem messages': 1, 'UpdateItem messages': 1 });
  expect(sending.each['Query profiles']).toBe(2);
  expect(sending.units).toMatchObject({ 'PutItem profiles': 1, 'PutItem messages': 3, 'UpdateItem messages': 1 });
  // Of the 16 shards one page each, and `shared.json`; and a file of facts for each batch of them.
  const put = lines.find(({ what }) => what === 'S3 objects put')?.perThousand;
  expect(put).toBeGreaterThan((16 + 1) * 5);
  expect(put).toBeLessThanOrEqual((16 + 1 + 6) * 5);
}, 600_000);
