import { describe, expect, it } from 'vitest';
import { emptySnapshot, nextSnapshot } from '../../../core/catalog/build-snapshot.ts';
import { contentKinds, contentVersions } from '../../../core/catalog/content-versions.ts';
import { content } from '../../../core/catalog/kinds/content.ts';
import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import { ContentItemSchema } from '../../../core/content/schema.ts';
import { viewOf } from '../journeys/builders.ts';

const item = (kind: string, more: object = {}) => ContentItemSchema.parse({ kind, fields: {}, ...more });
const live = (rules: Snapshot, id: string, kind: string | undefined, more: object = {}): Snapshot =>
  content.apply?.(rules, id, kind === undefined ? undefined : { version: 1, definition: item(kind, more) }, {}) ??
  rules;
const filled = (count: number, kindOf: (n: number) => string): Snapshot =>
  Array.from({ length: count }).reduce<Snapshot>((rules, _, n) => live(rules, `c-${n}`, kindOf(n)), emptySnapshot());
const errors = (rules: Snapshot, id: string, kind: string) =>
  content.check(id, item(kind), { ...viewOf({}), live: rules }).errors.map(({ path }) => path);

describe('content in the live rules', () => {
  it('holds at most 100 items of a kind, which may be changed', () => {
    const full = filled(100, () => 'case');
    expect(errors(full, 'more', 'case')).toEqual(['/kind']);
    expect(errors(full, 'c-5', 'case')).toEqual([]);
    expect(errors(full, 'more', 'article')).toEqual([]);
    expect(errors(live(full, 'c-5', undefined), 'more', 'case')).toEqual([]);
  });

  it('holds at most 1,000 items', () => {
    const full = filled(1_000, (n) => `kind-${n % 20}`);
    expect(errors(full, 'more', 'another')).toEqual(['']);
    expect(errors(full, 'c-5', 'another')).toEqual([]);
  });

  it('names the versions of the kinds that blocks ask for, but not what is over', () => {
    const rules = [
      ['a', 'case', {}],
      ['b', 'article', {}],
      ['c', 'case', { until: '1970-01-01T00:00:05Z' }],
      ['d', 'event', {}],
    ].reduce((all, [id, kind, more]) => live(all, String(id), String(kind), Object(more)), emptySnapshot());
    const block = (kind: string) => ({ kind, match: {}, limit: 1, atLeast: 1, else: 'drop' as const });
    const templates = [{ blocks: { x: block('case'), y: block('event') } }, {}];
    expect(contentVersions(rules, templates, 4_999)).toEqual({ a: 1, c: 1, d: 1 });
    expect(contentVersions(rules, templates, 5_000)).toEqual({ a: 1, d: 1 });
    expect([...contentKinds(rules)].sort()).toEqual(['article', 'case', 'event']);
  });

  it('is nothing new where a kind or an item has gone again', () => {
    const one = live(emptySnapshot(), 'a', 'case');
    expect(nextSnapshot(emptySnapshot(), live(one, 'a', undefined))).toBeUndefined();
    expect(contentKinds(live(one, 'a', 'article'))).toEqual(new Set(['article']));
  });
});
