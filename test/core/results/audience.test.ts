import { expect, it } from 'vitest';
import { audienceOf } from '../../../core/results/audience.ts';
import { localWeekHour } from '../../../core/time/local.ts';

const NOW = 1_000;
const held = (until?: number) => ({ since: 0, by: 'rule' as const, ...(until === undefined ? {} : { until }) });

it('separates tags from segments, in order, and leaves out what has ended', () => {
  const tags = { vip: held(), 'segment:city': held(), bought: held(NOW + 1), slept: held(NOW) };
  expect(audienceOf(tags, [], () => undefined, NOW)).toEqual({
    tags: ['bought', 'vip'],
    segments: ['city'],
    traits: {},
  });
});

it('has at most a hundred tags and segments, and traits that are one value', () => {
  const tags = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`t${n}`, held()]));
  const traits: Record<string, unknown> = { city: '上'.repeat(200), level: 3, isNew: false, list: ['a'], none: null };
  const audience = audienceOf(tags, Object.keys(traits), (name) => traits[name], NOW);
  expect(audience.tags).toHaveLength(100);
  expect(audience.traits).toEqual({ city: '上'.repeat(100), level: '3', isNew: 'false' });
});

it('cuts no character in half: a fact with half of one would stop every report by traits', () => {
  const traits: Record<string, unknown> = { motto: `${'x'.repeat(99)}😀`, broken: 'a\uD83D' };
  const audience = audienceOf({}, Object.keys(traits), (name) => traits[name], NOW);
  expect(audience.traits).toEqual({ motto: `${'x'.repeat(99)}\uFFFD`, broken: 'a\uFFFD' });
});

it('counts hours of the week from Monday, in the timezone', () => {
  expect(localWeekHour(Date.parse('2026-11-01T16:00:00Z'), 'Asia/Shanghai')).toBe(0);
  expect(localWeekHour(Date.parse('2026-11-01T15:59:59Z'), 'Asia/Shanghai')).toBe(167);
  expect(localWeekHour(Date.parse('2026-11-02T05:30:00Z'), 'America/New_York')).toBe(0);
});
