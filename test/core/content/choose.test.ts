import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Block, BlocksSchema } from '../../../core/content/block.ts';
import { chosen, type KnownItem } from '../../../core/content/choose.ts';
import { ContentItemSchema } from '../../../core/content/schema.ts';

const NOW = Date.parse('2026-11-02T01:00:00.000Z');
const item = (id: string, more: object = {}): KnownItem => ({
  id,
  definition: ContentItemSchema.parse({ kind: 'case', fields: { title: id }, ...more }),
});
const block = (more: object = {}): Block => {
  const { cases } = BlocksSchema.parse({
    cases: { kind: 'case', match: { industry: { trait: 'industry' } }, limit: 3, ...more },
  });
  if (cases === undefined) throw new Error('the schema keeps it');
  return cases;
};
const industry = (...values: unknown[]) => ({ match: { industry: values } });
const ids = (items: KnownItem[]) => items.map(({ id }) => id);

const ITEMS = [
  item('d', industry('retail')),
  item('a', industry('finance', 'retail')),
  item('c', industry('retail')),
  item('b', industry('finance')),
  item('e', industry('retail')),
  item('f'),
  item('g', { kind: 'article', ...industry('retail') }),
];

describe('matched content', () => {
  it.each<[string, object, object, string[]]>([
    ['of the value, by id, at most so many', {}, { industry: 'retail' }, ['a', 'c', 'd']],
    ['of another value', {}, { industry: 'finance' }, ['a', 'b']],
    ['of any element of a list', { limit: 9 }, { industry: ['finance', 'retail'] }, ['a', 'b', 'c', 'd', 'e']],
    ['by a fixed value', { match: { industry: 'finance' } }, {}, ['a', 'b']],
    ['by nothing: all of the kind', { match: {}, limit: 9 }, {}, ['a', 'b', 'c', 'd', 'e', 'f']],
    ['without the trait: dropped', {}, {}, []],
    ['of another type: dropped', {}, { industry: 5 }, []],
    ['in other letters: dropped', {}, { industry: 'Retail' }, []],
    ['too few: dropped', { atLeast: 3 }, { industry: 'finance' }, []],
    ['too few, any: filled up', { atLeast: 3, else: 'any' }, { industry: 'finance' }, ['a', 'b', 'c']],
    ['none, any: the first of the kind', { else: 'any' }, { industry: 'mining' }, ['a', 'b', 'c']],
    ['enough, any: not filled up', { atLeast: 2, else: 'any' }, { industry: 'finance' }, ['a', 'b']],
    ['any, and still too few', { kind: 'article', match: {}, atLeast: 2, else: 'any' }, {}, []],
    ['none is enough', { atLeast: 0 }, { industry: 'mining' }, []],
    ['none is enough, so nothing is filled up', { atLeast: 0, else: 'any' }, { industry: 'mining' }, []],
  ])('%s', (_name, more, traits, expected) => {
    expect(ids(chosen(block(more), ITEMS, traits, NOW))).toEqual(expected);
  });

  it('asks for every property, and an item without one does not suit', () => {
    const both = block({ match: { industry: { trait: 'industry' }, size: { trait: 'company.size' } } });
    const items = [
      item('a', { match: { industry: ['retail'], size: [1, 2] } }),
      item('b', { match: { industry: ['retail'], size: [3] } }),
      item('c', industry('retail')),
    ];
    expect(ids(chosen(both, items, { industry: 'retail', company: { size: 2 } }, NOW))).toEqual(['a']);
  });

  it('leaves out an item from its `until` on', () => {
    const ending = [
      item('a', { until: '2026-11-02T01:00:00.001Z' }),
      item('b', { until: '2026-11-02T09:00:00+08:00' }),
    ];
    const any = block({ match: {} });
    expect(ids(chosen(any, ending, {}, NOW))).toEqual(['a']);
    expect(ids(chosen(any, ending, {}, NOW - 1))).toEqual(['a', 'b']);
  });

  it('is the same in whatever order the items were read, and never fewer than asked for', () => {
    const some = fc.array(fc.constantFrom('retail', 'finance', 'mining'), { minLength: 1, maxLength: 3 });
    const known = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), some), { selector: ([id]) => id });
    const asked = fc.record({
      limit: fc.integer({ min: 3, max: 6 }),
      atLeast: fc.integer({ min: 0, max: 3 }),
      else: fc.constantFrom('any', 'drop'),
    });
    fc.assert(
      fc.property(known, asked, fc.constantFrom('retail', 'mining', 'none'), (of, more, value) => {
        const items = of.map(([id, values]) => item(id, industry(...values)));
        const shown = ids(chosen(block(more), items, { industry: value }, NOW));
        expect(ids(chosen(block(more), items.toReversed(), { industry: value }, NOW))).toEqual(shown);
        expect(shown.length).toBeLessThanOrEqual(more.limit);
        if (shown.length > 0) expect(shown.length).toBeGreaterThanOrEqual(more.atLeast);
        const matching = of.filter(([, values]) => values.some((one) => one === value)).map(([id]) => id);
        const first = matching.toSorted().slice(0, more.limit);
        expect(shown.slice(0, first.length)).toEqual(shown.length === 0 ? [] : first);
        if (matching.length >= more.atLeast) expect(shown).toEqual(first);
        else if (more.else === 'drop') expect(shown).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
