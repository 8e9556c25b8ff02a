import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ConditionSchema, JourneyConditionSchema } from '../../../core/conditions/schema.ts';

/** `path: message` of each fault. */
function faults(value: unknown, schema: z.ZodType = ConditionSchema): string[] {
  const read = schema.safeParse(value);
  return read.success ? [] : read.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`);
}

const ANYWHERE = [
  { all: [{ trait: 'city', eq: 'Shanghai' }, { not: { any: [{ tag: 'sleeping' }, { segment: 'vip' }] } }] },
  { trait: 'createdAt', olderThan: '30d', newerThan: '60d' },
  { trait: 'birthday', anniversaryWithin: '7d' },
  { trait: 'score', gte: 10, lt: 20, ne: 15, notIn: [16, 17], exists: true },
  { trait: 'city', eq: { trait: 'home.city' } },
  { event: 'Order Completed', within: '30d', count: { gte: 2 } },
  { event: 'Order Completed' },
  { event: 'Order Completed', within: 'ever', count: { eq: 0 } },
  { event: 'Order Completed', within: '30d', avg: { of: 'total', gte: 500 } },
  {
    event: 'Product Viewed',
    where: { category: 'baby', seconds: { gte: 180 }, '@context.page.path': { startsWith: '/p' } },
    within: '30d',
    count: { gte: 5 },
  },
  { event: ['Product Viewed', 'Product Favorited'], within: '30d', count: { gte: 5 } },
  { event: 'Order Completed', last: { olderThan: '180d' } },
  { event: 'Order Completed', within: '30d', count: { gte: 2 }, avg: { of: 'total', gte: 500 } },
  { template: 'promo', was: 'clicked', within: '30d' },
  { fatigued: 'email' },
  { journey: 'wake', is: 'open' },
  { journey: 'wake', ended: 'woken', within: '30d' },
];

const IN_A_JOURNEY = [
  { event: 'Logged In', since: 'entry' },
  { event: 'Logged In', since: 'remind', where: { plan: { eq: { data: 'plan' } } } },
  { message: 'remind', was: 'clicked' },
  { coupon: 'gift', was: 'redeemed' },
  { data: 'answer.about', eq: 'price' },
  { data: 'total', gt: { trait: 'limit' } },
  { trait: 'city', eq: { data: 'city' } },
];

describe('the schema of conditions', () => {
  it.each(ANYWHERE.map((condition) => [condition]))('takes %j in rules and in journeys, unchanged', (condition) => {
    expect(ConditionSchema.parse(condition)).toEqual(condition);
    expect(JourneyConditionSchema.parse(condition)).toEqual(condition);
  });

  it.each(IN_A_JOURNEY.map((condition) => [condition]))('takes %j in journeys alone', (condition) => {
    expect(JourneyConditionSchema.parse(condition)).toEqual(condition);
    expect(faults(condition)).not.toEqual([]);
  });

  it('names the place and the fault of the option that was meant', () => {
    const bad = {
      all: [
        { tag: 'ok' },
        {
          any: [
            { trait: 'x', eq: null },
            { event: 'A', within: '3x' },
          ],
        },
      ],
    };
    expect(faults(bad)).toEqual([
      '/all/1/any/0/eq: must be a string, a number, true or false',
      '/all/1/any/1/within: must be a duration such as "30d", or "ever"',
    ]);
  });

  it.each([
    [
      5,
      '/: must be a condition such as {"tag": "vip"}: an object with one of all, any, not, trait, tag, segment, event, template, fatigued, journey',
    ],
    [{ all: [] }, '/all: must hold at least one condition'],
    [{ trait: 'x', eq: { data: 'y' } }, "/eq: data is known only in a journey's run, not in a rule or an audience"],
    [{ trait: 'x', in: [] }, '/in: must name at least one value'],
    [{ trait: 'x', anniversaryWithin: '36h' }, '/anniversaryWithin: must be whole days, at most "360d"'],
    [{ event: 'A', within: '0s' }, '/within: must be a duration such as "30d", or "ever"'],
    [{ event: 'A', since: 'entry' }, "/since: is known only in a journey's run, not in a rule or an audience"],
    [{ event: 'A', avg: { gte: 3 } }, '/avg/of: must be a path'],
    [{ event: '@run-ended' }, '/event: must not begin with "@"'],
    [{ event: [] }, '/event: must name an event'],
    [{ event: 'A', last: {} }, '/last: needs olderThan or newerThan'],
    [
      { event: 'A', within: '1d', last: { olderThan: '3d' } },
      '/last: looks at all events and cannot stand beside within',
    ],
    [
      { event: 'A', where: { '@page': 1 } },
      '/where/@page: must be a path into the properties, or "@context." and a path into the context',
    ],
    [
      { event: 'A', where: { city: { eq: { trait: 'city' } } } },
      '/where/city/eq: must be a literal: in tags and segments an event is evaluated once, when it arrives',
    ],
    [{ message: 'x', was: 'clicked' }, "/: message is known only in a journey's run, not in a rule or an audience"],
    [{ journey: 'x' }, '/: needs is ("open") or ended (an outcome)'],
    [{ tag: 'x', also: 1 }, '/: Unrecognized key: "also"'],
  ])('refuses %j', (condition, fault) => {
    expect(faults(condition)).toEqual([fault]);
  });

  it('refuses a window beside since', () => {
    expect(faults({ event: 'A', within: '1d', since: 'entry' }, JourneyConditionSchema)).toEqual([
      '/since: stands instead of within, not beside it',
    ]);
  });

  it('refuses what is nested without end before looking into it', () => {
    let deep: unknown = { tag: 'x' };
    for (let level = 0; level < 60_000; level += 1) deep = { not: deep };
    expect(faults(deep)).toEqual(['/: must not be nested more than 32 deep']);
  });

  it('refuses what holds thousands of conditions before looking into them', () => {
    const many = (count: number) => ({ any: Array.from({ length: count }, () => ({ tag: 'x' })) });
    expect(faults(many(15_000))).toEqual(['/: must not hold more than 500 conditions']);
    expect(faults({ all: [many(250), many(250)] })).toEqual(['/: must not hold more than 500 conditions']);
    expect(faults(many(499))).toEqual([]);
  });

  it('gives a JSON Schema that knows each condition by name', () => {
    const schema = z.toJSONSchema(z.strictObject({ if: ConditionSchema }), { io: 'input' });
    expect(schema.properties?.if).toEqual({ $ref: '#/$defs/Condition' });
    expect(JSON.stringify(schema.$defs?.Condition)).toContain('anniversaryWithin');
  });
});
