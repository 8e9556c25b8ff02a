import { expect, test } from 'vitest';
import type { Cell } from '../../../core/metrics/cells.ts';
import { ownRateStanding, rateStanding } from '../../../engine/results/rate-standing.ts';

const cell = (day: string, channel: string, sent: number, clicked: number): Cell => ({
  day,
  dimensions: { channel: channel as 'sms' },
  counts: { 'sent@09': sent, 'clicked@09': clicked, 'complained@10': clicked },
});
const stored: Record<string, Cell[]> = {
  'report#all': [
    cell('2026-09-01', 'email', 100, 10),
    cell('2026-09-30', 'email', 100, 10),
    cell('2026-09-10', 'sms', 100, 90),
    cell('2026-08-31', 'email', 100, 0),
    cell('2026-10-01', 'email', 100, 0),
  ],
  'report#campaign:spring': [cell('2026-10-20', 'email', 50, 6), cell('2026-11-20', 'email', 50, 6)],
};
const deps = {
  cells: {
    read: async (scope: string, from: string, to: string) =>
      (stored[scope] ?? []).filter(({ day }) => day >= from && day <= to),
  },
};
const period = { from: '2026-10-01', last: '2026-11-30', passed: 1 };

test('a campaign’s rate is compared with that of its channels in a month', async () => {
  const goal = { rate: 'clicked' as const, baseline: '2026-09', change: 0.2 };
  expect(await ownRateStanding(deps, goal, 'report#campaign:spring', period)).toEqual({
    metric: 'change',
    target: 0.2,
    actual: 0.2,
    baseline: 0.1,
    value: 0.12,
    onTrack: true,
  });
  expect(await ownRateStanding(deps, { ...goal, change: 0.21 }, 'report#campaign:spring', period)).toMatchObject({
    onTrack: false,
  });
  // As much of the change as of the time.
  const half = { ...period, passed: 0.5 };
  expect(await ownRateStanding(deps, { ...goal, change: 0.4 }, 'report#campaign:spring', half)).toMatchObject({
    onTrack: true,
  });
});

test('a rate of the last 30 days is compared with a given mean, and a rate of harm is the better the lower it is', async () => {
  const all = { ...period, last: '2026-10-10' };
  expect(await rateStanding(deps, { rate: 'clicked', baseline: 0.04 }, 'report#all', all)).toEqual({
    metric: 'change',
    target: 0,
    actual: 0.25,
    baseline: 0.04,
    value: 0.05,
    onTrack: true,
  });
});

test.each([
  ['clicked', 0.13, false],
  ['clicked', 0.11, true],
  ['complained', 0.13, true],
  ['complained', 0.11, false],
] as const)('%s against %d: on track %s', async (rate, baseline, onTrack) => {
  expect(await ownRateStanding(deps, { rate, baseline }, 'report#campaign:spring', period)).toMatchObject({ onTrack });
});

test('nothing is known where nothing was sent', async () => {
  const goal = { rate: 'clicked' as const, baseline: '2025-01' };
  expect(await rateStanding(deps, goal, 'report#campaign:spring', period)).toMatchObject({
    actual: null,
    baseline: null,
    onTrack: false,
  });
  expect(await rateStanding(deps, goal, 'report#campaign:none', period)).toMatchObject({ value: null, actual: null });
});
