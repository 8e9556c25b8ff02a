import { describe, expect, test } from 'vitest';
import {
  emptyAudienceIssues,
  type Plan,
  scaleCounts,
  scaleParts,
  warningsOfPlan,
} from '../../../core/campaigns/plan.ts';

const PLAN: Plan = {
  matched: 10,
  duplicates: 0,
  excluded: 0,
  holdout: 0,
  recipients: 10,
  byChannel: { sms: 10 },
  suppressed: {},
  late: 0,
  cost: { amount: 5, currency: 'CNY' },
  firstAt: 0,
  lastAt: 3_600_000,
  estimated: false,
  warnings: [],
};
const ABOUT = { id: 'spring', validFor: '1d', clashes: [] };
const pathsOf = (plan: Partial<Plan>, campaign: Parameters<typeof warningsOfPlan>[1] = {}, about: object = {}) =>
  warningsOfPlan({ ...PLAN, ...plan }, campaign, { ...ABOUT, ...about }).map(({ path }) => path);

describe('scaling a sample', () => {
  test('leaves groups that add up, whatever is rounded', () => {
    for (let factor = 1; factor < 5; factor += 0.13) {
      const { matched, duplicates, excluded, holdout, recipients } = scaleCounts(
        { matched: 101, duplicates: 3, excluded: 17, holdout: 5, recipients: 76 },
        factor,
      );
      expect(duplicates + excluded + holdout + recipients).toBe(matched);
      expect(Math.abs(matched - 101 * factor)).toBeLessThan(2.5);
      const parts = scaleParts(new Map(Object.entries({ push: 25, sms: 25, none: 26 })), recipients);
      expect(Object.values(parts).reduce((sum: number, count) => sum + (count ?? 0), 0)).toBe(recipients);
    }
  });

  test('of nobody is nobody', () => {
    expect(scaleParts(new Map(), 0)).toEqual({});
    expect(scaleParts(new Map([['sms', 0]]), 0)).toEqual({});
  });
});

describe('an audience of nobody', () => {
  const nobody = { ...PLAN, matched: 0, recipients: 0 };
  test.each([
    ['now', 1],
    [{ time: '2026-11-30T10:00', timezone: 'customer' }, 1],
    ['trigger', 0],
    [{ every: 'day', time: '10:00' }, 0],
  ] as const)('is refused at %j: %i', (at, errors) => {
    expect(emptyAudienceIssues(nobody, { at })).toHaveLength(errors);
    expect(emptyAudienceIssues({ ...nobody, estimated: true }, { at })).toEqual([]);
    expect(emptyAudienceIssues(PLAN, { at })).toEqual([]);
  });
});

describe('doubts', () => {
  test('has none about a campaign that reaches people in time and for its budget', () => {
    expect(pathsOf({}, { budget: { amount: 5, currency: 'CNY' } })).toEqual([]);
  });
  test('of nobody, of recipients that no channel reaches, of nobody who is left', () => {
    expect(pathsOf({ matched: 0, recipients: 0, byChannel: {} })).toEqual(['/audience']);
    expect(pathsOf({ byChannel: { none: 10 } })).toEqual(['/channels']);
    expect(pathsOf({ recipients: 0, excluded: 10, byChannel: {} }, { exclude: { tag: 'vip' } })).toEqual(['/exclude']);
  });
  test('of the budget, but only in its own currency', () => {
    expect(pathsOf({}, { budget: { amount: 4.99, currency: 'CNY' } })).toEqual(['/budget']);
    expect(pathsOf({}, { budget: { amount: 1, currency: 'EUR' } })).toEqual([]);
  });
  test('of an end after what messages are valid for', () => {
    expect(pathsOf({}, {}, { validFor: '59m' })).toEqual(['/validFor']);
    expect(pathsOf({}, { throttle: { perMinute: 1 } }, { validFor: '59m' })).toEqual(['/throttle']);
  });
  test('of its own clashes alone', () => {
    const clashes = [
      { day: '2026-11-20', ids: ['other', 'news'] },
      { day: '2026-11-21', ids: ['spring', 'news'], segment: 'vip' },
    ];
    const [found, ...others] = warningsOfPlan(PLAN, {}, { ...ABOUT, clashes });
    expect(others).toEqual([]);
    expect(found).toMatchObject({ path: '/at', message: expect.stringContaining('members of vip') });
  });
});
