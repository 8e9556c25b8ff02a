import type { Context } from 'aws-lambda';
import { expect, test } from 'vitest';
import type { Channel } from '../../../core/channels/registry.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { lambdaHandler } from '../../../runtime/handlers/lambda-handler.ts';
import { countedByChannel, sendLatencies } from '../../../runtime/wiring/channel-metrics.ts';
import { written } from '../written.ts';

const ENV = { METRICS_NAMESPACE: 'Cairn/cairn' };
const { publish } = countedByChannel({ publish: async () => {} }, ENV);
const note = sendLatencies(ENV);
const event = (metric: string, channel?: Channel, more: Partial<MetricEvent> = {}): MetricEvent => ({
  at: 0,
  of: 'message',
  metric,
  dimensions: channel === undefined ? {} : { channel },
  ...more,
});
const invoke = (work: () => Promise<unknown>) =>
  written(() => lambdaHandler(work)(undefined, { awsRequestId: 'request' } as Context));

test('an invocation writes one line for each channel when it ends, also one that fails', async () => {
  const lines = await invoke(async () => {
    await publish([event('sent', 'sms'), event('sent', 'email')]);
    await publish([event('sent', 'sms'), event('suppressed')]);
    note('sms', 1_500);
    note('sms', -20);
  });
  expect(lines).toMatchObject([
    {
      channel: 'sms',
      MessagesSent: 2,
      SendLatency: [1.5, 0],
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'Cairn/cairn',
            Dimensions: [['channel']],
            Metrics: [
              { Name: 'MessagesSent', Unit: 'Count' },
              { Name: 'SendLatency', Unit: 'Seconds' },
            ],
          },
        ],
      },
    },
    { channel: 'email', MessagesSent: 1 },
    { channel: 'none', MessagesSuppressed: 1 },
  ]);
  const failed = await written(() =>
    lambdaHandler(async () => {
      await publish([event('bounced', 'email')]);
      throw new Error('later');
    })(undefined, { awsRequestId: 'request' } as Context).catch(() => undefined),
  );
  expect(failed).toMatchObject([{ channel: 'email', MessagesBounced: 1 }]);
});

test('what machines open, and what is no message’s, is not counted', async () => {
  const lines = await invoke(() =>
    publish([
      event('opened', 'email', { machine: true }),
      event('opened', 'email', { of: 'node' }),
      event('toString', 'email'),
    ]),
  );
  expect(lines).toEqual([]);
});

test('what comes after the end, and more than a line may have, is written too', async () => {
  let late: () => Promise<void> = async () => {};
  const lines = await invoke(async () => {
    late = () => publish([event('sent', 'push')]);
    for (let index = 0; index < 150; index++) note('push', 1_000);
  });
  expect(lines.map((line) => (line.SendLatency as number[]).length)).toEqual([100, 50]);
  expect(await written(() => late())).toMatchObject([{ channel: 'push', MessagesSent: 1 }]);
});
