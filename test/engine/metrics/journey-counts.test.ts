import { expect, test } from 'vitest';
import type { FunnelAnswer, FunnelQuestion } from '../../../core/results/sql/funnel.ts';
import { spanOfDates } from '../../../core/time/local.ts';
import { utcDay } from '../../../core/time/utc-day.ts';
import { journeyCounts } from '../../../engine/metrics/journey-counts.ts';

const HOUR = 3_600_000;
const FIRST = Date.parse('2026-10-20T00:00:00Z');
const HOURS = 24 * 20;

/** Something at each hour, of `a` and of whole runs; counted by days of UTC, and asked by the instant. */
function journeyWith(hours: readonly number[]) {
  const ats = hours.map((hour) => FIRST + hour * HOUR);
  const asked: FunnelQuestion[] = [];
  return {
    ats,
    asked,
    metrics: {
      read: async (scope: string, from: string, to: string) => {
        const days = Map.groupBy(ats.map(utcDay), (day) => day);
        return [...days]
          .filter(([day]) => day >= from && day <= to && scope !== 'journey:j:quiet')
          .map(([day, all]) => ({ day, counts: { entered: all.length } }));
      },
    },
    facts: {
      ask: async <Answer>(question: object) => {
        const { from, to } = question as FunnelQuestion;
        asked.push(question as FunnelQuestion);
        const count = ats.filter((at) => at >= from && at < to).length;
        return [null, 'a'].map((node): FunnelAnswer => ({ node, counter: 'entered', count })) as Answer[];
      },
    },
  };
}

const everyHour = Array.from({ length: HOURS }, (_, hour) => hour);
test.each([
  ['Asia/Shanghai', '2026-10-22', '2026-10-27'],
  ['Asia/Shanghai', '2026-10-22', '2026-10-22'],
  ['Asia/Kathmandu', '2026-10-22', '2026-10-23'],
  ['America/New_York', '2026-10-30', '2026-11-02'],
  ['Europe/Berlin', '2026-10-25', '2026-10-25'],
  ['Pacific/Kiritimati', '2026-10-22', '2026-10-24'],
  ['UTC', '2026-10-22', '2026-10-24'],
])('in %s from %s to %s, each count is of those days', async (timezone, from, to) => {
  const deps = journeyWith(everyHour);
  const span = spanOfDates(from, to, timezone);
  const now = FIRST + HOURS * HOUR;
  const counts = await journeyCounts({ ...deps, clock: () => now }, 'j', ['a', 'quiet'], span);
  const entered = deps.ats.filter((at) => at >= span.from && at < span.to).length;
  expect(counts('a')).toEqual({ entered });
  expect(counts(undefined)).toEqual({ entered });
  expect(counts('quiet')).toEqual({});
  expect(deps.asked.length).toBe(timezone === 'UTC' ? 0 : from === to ? 1 : 2);
});

test('the day that goes on is counted, and a part of a day on which nothing was counted is not asked for', async () => {
  const deps = journeyWith([100, 101]);
  const now = FIRST + 101 * HOUR;
  const span = spanOfDates('2026-10-22', '2026-10-24', 'Asia/Shanghai');
  const counts = await journeyCounts({ ...deps, clock: () => now }, 'j', ['a'], span);
  expect(counts('a')).toEqual({ entered: 2 });
  expect(deps.asked).toEqual([]);
});
