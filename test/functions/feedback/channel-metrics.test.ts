import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startTables } from '../../protocols/tables.ts';
import { written } from '../../runtime/written.ts';
import { fixture, harness, notified } from './feedback-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;
let post: ReturnType<typeof harness>;
beforeAll(async () => {
  tables = await startTables();
});
afterAll(() => tables.stop());
beforeEach(() => {
  post = harness(tables.client);
  return post.leave;
});

const counts = async (work: () => Promise<unknown>) =>
  (await written(work)).flatMap(({ level, function: _name, _aws, ...rest }) => (_aws === undefined ? [] : [rest]));

it('counts what is new for CloudWatch, one line for a batch and channel; a redelivery counts nothing', async () => {
  const receipts = [await post.sent('sms'), await post.sent('sms')].map((message) =>
    notified(fixture('sms-delivered', { message })),
  );
  expect(await counts(() => post.deliver(...receipts))).toEqual([{ channel: 'sms', MessagesDelivered: 2 }]);
  expect(await counts(() => post.deliver(...receipts))).toEqual([]);
});

it('counts a receipt once whose event could not be queued', async () => {
  const receipt = notified(fixture('sms-delivered', { message: await post.sent('sms') }));
  post.failEvents(1);
  expect(await counts(() => post.deliver(receipt))).toEqual([{ channel: 'sms', MessagesDelivered: 1 }]);
  expect(await counts(() => post.deliver(receipt))).toEqual([]);
});
