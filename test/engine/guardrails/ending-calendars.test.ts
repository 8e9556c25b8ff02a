import { describe, expect, test } from 'vitest';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { JourneySchema } from '../../../core/journeys/schema.ts';
import { alertsOfCalendars } from '../../../engine/guardrails/ending-calendars.ts';

const naming = (calendar: string) => ({ hours: [['10:00', '12:00']], calendar });
const settings = SettingsSchema.parse({ window: naming('shop') });
const journey = JourneySchema.parse({
  ...{ name: 'Wake', entry: { event: 'Woken' }, start: 'ask' },
  nodes: { ask: { type: 'send', template: 't', window: naming('cn'), next: 'done' }, done: { type: 'end' } },
});
const live = { id: 'wake', version: 1, definition: journey, pins: { templates: {}, journeys: {} } };
const SHOP = { holidays: ['2026-12-25', '2027-12-25'], workdays: [] };

const endingAt = (now: string, shop = SHOP, journeys = [live]) =>
  alertsOfCalendars(
    { settings, journeys, calendars: { shop, other: { holidays: [], workdays: [] } } },
    Date.parse(now),
  );

describe('the alert before a calendar ends', () => {
  // Midnight of 2 November in Shanghai, 60 days before 2027.
  test.each([
    ['2026-11-01T15:59:59.999Z', []],
    ['2026-11-01T16:00:00.000Z', [['cn', 60]]],
    ['2026-12-31T15:59:59.999Z', [['cn', 1]]],
    ['2027-01-01T00:00:00.000Z', [['cn', 0]]],
  ])('at %s: %j', (now, expected) => {
    expect(endingAt(now).map(({ scopeId, value }) => [scopeId, value])).toEqual(expected);
  });

  test('names the year, is the same one each time, and is of live windows alone', () => {
    const [first] = endingAt('2026-11-03T00:00:00.000Z');
    expect(first?.detail).toMatch(/calendar cn has no date of 2027/);
    expect(endingAt('2027-02-03T00:00:00.000Z')[0]?.id).toBe(first?.id);
    expect(endingAt('2026-11-03T00:00:00.000Z', SHOP, [])).toEqual([]);
  });

  test('is of each year that is missing', () => {
    const none = { holidays: ['2020-01-01'], workdays: [] };
    expect(endingAt('2026-11-03T00:00:00.000Z', none, []).map(({ value }) => value)).toEqual([0, 59]);
  });
});
