import { describe, expect, it } from 'vitest';
import { matchesWhere } from '../../../core/conditions/match.ts';
import { type Where, WhereSchema } from '../../../core/conditions/schema.ts';
import { event, NOW } from './builders.ts';

const viewed = event(
  'Product Viewed',
  NOW,
  {
    category: 'baby',
    seconds: 200,
    products: [
      { sku: 'a1', price: 50, labels: ['new', 'sale'] },
      { sku: 'b2', price: 300, labels: [] },
    ],
    gone: null,
    'a.b': 1,
    a: { b: 2, c: 3 },
  },
  { context: { page: { path: '/p/7' } } },
);

const matches = (where: Where, lookup?: Parameters<typeof matchesWhere>[2]): boolean =>
  matchesWhere(WhereSchema.parse(where), viewed, lookup);

describe('which events are meant', () => {
  it.each<[string, Where]>([
    ['no conditions', {}],
    ['literals and operators together', { category: 'baby', seconds: { gte: 180 } }],
    ['the context', { '@context.page.path': { startsWith: '/p' } }],
    ['any element on the way of a path', { 'products.price': 300 }],
    ['one element between two bounds', { 'products.price': { gt: 40, lt: 60 } }],
    ['elements of lists in lists', { 'products.labels': 'sale' }],
    ['a list that has an element', { 'products.labels': { contains: 'new' } }],
    ['one of a list', { 'products.sku': { in: ['b2', 'c3'] } }],
    ['none of a list', { 'products.sku': { notIn: ['c3'] } }],
    ['null as absent', { gone: { exists: false } }],
    ['a key with a dot before a path', { 'a.b': 1 }],
    ['a path', { 'a.c': 3 }],
    ['what is missing as unequal', { missing: { ne: 'x', notIn: ['y'] } }],
  ])('takes %s', (_what, where) => {
    expect(matches(where)).toBe(true);
  });

  it.each<[string, Where]>([
    ['one that fails of several', { category: 'baby', seconds: { gte: 201 } }],
    ['a bound met by one element and the other by another', { 'products.price': { gt: 60, lt: 200 } }],
    ['an unequal where any element is equal', { 'products.sku': { ne: 'a1' } }],
    ['another type', { seconds: '200' }],
    ['another type in an order', { category: { gte: 1 } }],
    ['another case', { category: { contains: 'BABY' } }],
    ['a substring of an element', { 'products.labels': { contains: 'sal' } }],
    ['a property of an inherited name', { toString: { exists: true }, 'a.constructor': { exists: true } }],
    ['a missing one in any other way', { missing: { contains: 'x' } }],
  ])('does not take %s', (_what, where) => {
    expect(matches(where)).toBe(false);
  });

  it('looks operands up in traits and data', () => {
    const lookup = { trait: (name: string) => ({ tastes: ['toys', 'baby'] })[name], data: { least: { seconds: 199 } } };
    expect(matches({ category: { in: { trait: 'tastes' } } }, lookup)).toBe(true);
    expect(matches({ seconds: { gt: { data: 'least.seconds' } } }, lookup)).toBe(true);
    expect(matches({ seconds: { gt: { data: 'most.seconds' } } }, lookup)).toBe(false);
    expect(matches({ seconds: { ne: { data: 'most.seconds' } } }, lookup)).toBe(true);
  });
});
