import { describe, expect, it } from 'vitest';
import { timelineSource } from '../../../core/conditions/event-source.ts';
import type { Condition } from '../../../core/conditions/schema.ts';
import type { HeldTag } from '../../../core/profiles/activity.ts';
import { evaluateRules } from '../../../core/tags/evaluate.ts';
import { orderRules } from '../../../core/tags/order.ts';
import type { Rule } from '../../../core/tags/rule.ts';
import { SegmentSchema, TagSchema } from '../../../core/tags/schema.ts';
import { context, DAY, event, NOW } from '../conditions/builders.ts';

const rule = (kind: 'tag' | 'segment', id: string, condition: Condition, version = 1): Rule => ({
  kind,
  id,
  version,
  definition: { name: id, if: condition },
});
const tag = (id: string, condition: Condition, version?: number): Rule => rule('tag', id, condition, version);
const segment = (id: string, condition: Condition): Rule => rule('segment', id, condition);

const ordered = (rules: Rule[]) => {
  const result = orderRules(rules);
  return 'cycle' in result ? result : result.order.map(({ kind, id }) => `${kind}:${id}`);
};

describe('the order of rules', () => {
  it('puts each after those that it refers to, else leaves them as they are', () => {
    const rules = [
      segment('vip', { all: [{ tag: 'rich' }, { segment: 'near' }] }),
      tag('rich', { not: { tag: 'poor' } }),
      tag('alone', { trait: 'x', exists: true }),
      segment('near', { tag: 'alone' }),
      tag('poor', { tag: 'by-hand' }),
    ];
    expect(ordered(rules)).toEqual(['tag:poor', 'tag:rich', 'tag:alone', 'segment:near', 'segment:vip']);
  });

  it('names the way of a rule to itself', () => {
    const rules = [tag('start', { tag: 'a' }), tag('a', { tag: 'b' }), tag('b', { not: { tag: 'a' } })];
    expect(ordered(rules)).toEqual({ cycle: ['tag:a', 'tag:b', 'tag:a'] });
    expect(ordered([tag('a', { tag: 'a' })])).toEqual({ cycle: ['tag:a', 'tag:a'] });
  });

  it('takes a tag and a segment of one name for two', () => {
    expect(ordered([segment('vip', { tag: 'vip' }), tag('vip', { trait: 'x', eq: 1 })])).toEqual([
      'tag:vip',
      'segment:vip',
    ]);
  });
});

const {
  tag: _tag,
  segment: _segment,
  ...facts
} = context({
  traits: { city: 'Shanghai' },
  events: [event('Order Completed', NOW - 20 * DAY), event('Order Completed', NOW - DAY)],
});
const twice: Condition = { event: 'Order Completed', within: '30d', count: { gte: 2 } };
const held = (by: HeldTag['by'], since = 1000): HeldTag => ({ since, by });

describe('the evaluation of rules', () => {
  it('turns tags and segments on, with the instant at which they go off', () => {
    const rules = [tag('frequent', twice, 3), segment('vip', { all: [{ tag: 'frequent' }, { tag: 'by-hand' }] })];
    const until = NOW + 10 * DAY;
    expect(evaluateRules(rules, facts, { 'by-hand': held('api') })).toEqual({
      tags: {
        'by-hand': held('api'),
        frequent: { since: NOW, by: 'rule', rule: 3, until },
        'segment:vip': { since: NOW, by: 'rule', rule: 1, until },
      },
      flips: [
        { id: 'frequent', on: true },
        { id: 'segment:vip', on: true },
      ],
      changesAt: until,
    });
  });

  it('keeps since while a tag is on, also under a new version', () => {
    const before = { frequent: { since: 1000, by: 'rule' as const, rule: 3 } };
    const { tags, flips } = evaluateRules([tag('frequent', twice, 4)], facts, before);
    expect(tags.frequent).toMatchObject({ since: 1000, rule: 4 });
    expect(flips).toEqual([]);
  });

  it('turns off at the announced instant, and not before', () => {
    const rules = [tag('frequent', twice)];
    const on = evaluateRules(rules, facts, {});
    const at = on.changesAt ?? 0;
    expect(evaluateRules(rules, { ...facts, now: at - 1 }, on.tags).flips).toEqual([]);
    expect(evaluateRules(rules, { ...facts, now: at }, on.tags)).toEqual({
      tags: {},
      flips: [{ id: 'frequent', on: false }],
    });
  });

  it('follows the rule where a tag was set by hand before there was one', () => {
    const rules = [tag('frequent', twice), tag('rare', { not: { tag: 'frequent' } })];
    const { tags, flips } = evaluateRules(rules, facts, { frequent: held('api'), rare: held('journey') });
    expect(tags).toEqual({ frequent: { since: 1000, by: 'rule', rule: 1, until: NOW + 10 * DAY } });
    expect(flips).toEqual([{ id: 'rare', on: false }]);
  });

  it('drops what a rule owned that is no more', () => {
    expect(evaluateRules([], facts, { gone: held('rule'), 'segment:gone': held('rule'), kept: held('api') })).toEqual({
      tags: { kept: held('api') },
      flips: [
        { id: 'gone', on: false },
        { id: 'segment:gone', on: false },
      ],
    });
  });

  it('knows no tag that only has the name of something else', () => {
    expect(evaluateRules([tag('odd', { tag: 'constructor' })], facts, {}).tags).toEqual({});
  });

  it('never announces later than a tag that it refers to', () => {
    const events = timelineSource([event('A', NOW - DAY), event('B', NOW - 2 * DAY)]);
    const rules = [
      tag('a', { event: 'A', within: '30d' }),
      tag('b', { event: 'B', within: '30d' }),
      tag('both', { all: [{ tag: 'a' }, { tag: 'b' }] }),
      tag('either', { any: [{ tag: 'a' }, { tag: 'b' }] }),
    ];
    const { tags } = evaluateRules(rules, { ...facts, events }, {});
    expect(tags.both?.until).toBe(NOW + 28 * DAY);
    expect(tags.either?.until).toBe(NOW + 29 * DAY);
  });
});

describe('what marketers define', () => {
  it('is a tag with or without a rule', () => {
    const full = {
      name: 'Frequent buyer',
      layer: 'behaviour',
      owner: 'growth',
      use: 'thanks',
      reviewBy: '2027-05-01',
      if: twice,
    };
    expect(TagSchema.parse(full)).toEqual(full);
    expect(TagSchema.parse({ name: 'By hand' })).toEqual({ name: 'By hand' });
    expect(TagSchema.safeParse({ name: 'x', colour: 'red' }).success).toBe(false);
    expect(TagSchema.safeParse({ name: 'x', reviewBy: '2027-02-30' }).success).toBe(false);
  });

  it('is a segment, which has a rule', () => {
    expect(SegmentSchema.parse({ name: 'VIP', if: { segment: 'rich' } })).toEqual({
      name: 'VIP',
      if: { segment: 'rich' },
    });
    expect(SegmentSchema.safeParse({ name: 'VIP' }).success).toBe(false);
  });

  it('is no tag that uses a segment, at whatever depth', () => {
    const read = TagSchema.safeParse({ name: 'x', if: { any: [{ tag: 'y' }, { not: { segment: 'vip' } }] } });
    expect(read.error?.issues).toMatchObject([
      { path: ['if', 'any', 1, 'not', 'segment'], message: 'a tag may not use a segment' },
    ]);
  });
});
