import { expect, test } from 'vitest';
import { writeCloudWatchMetrics } from '../../runtime/cloudwatch-metrics.ts';
import { written } from './written.ts';

test('a line from which CloudWatch takes metrics names each with its value at the root', async () => {
  const [line] = await written(() => writeCloudWatchMetrics('Cairn/cairn', { EventsAccepted: 5, ItemsRejected: 1 }));
  expect(line).toMatchObject({
    level: 'info',
    EventsAccepted: 5,
    ItemsRejected: 1,
    _aws: {
      Timestamp: expect.any(Number),
      CloudWatchMetrics: [
        {
          Namespace: 'Cairn/cairn',
          Dimensions: [[]],
          Metrics: [
            { Name: 'EventsAccepted', Unit: 'Count' },
            { Name: 'ItemsRejected', Unit: 'Count' },
          ],
        },
      ],
    },
  });
});

test('without metrics there is no line', async () => {
  expect(await written(() => writeCloudWatchMetrics('Cairn/cairn', {}))).toEqual([]);
});
