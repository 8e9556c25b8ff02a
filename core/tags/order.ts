import { referencesOf } from '../conditions/references.ts';
import type { Rule } from './rule.ts';

/** Keys of the rules (`tag:…`, `segment:…`) in a cycle; the first is repeated at the end. */
export type RuleCycle = string[];

const keyOf = (rule: Pick<Rule, 'kind' | 'id'>): string => `${rule.kind}:${rule.id}`;

function keysBefore(rule: Rule): string[] {
  if (rule.definition.if === undefined) return [];
  const { tags, segments } = referencesOf(rule.definition.if);
  return [...tags.map((id) => `tag:${id}`), ...segments.map((id) => `segment:${id}`)];
}

/** Orders the rules so that each comes after those that it references, otherwise in the given order. Returns the cycle if there is one. */
export function orderRules(rules: readonly Rule[]): { order: Rule[] } | { cycle: RuleCycle } {
  const byKey = new Map(rules.map((rule) => [keyOf(rule), rule]));
  const done = new Set<string>();
  const order: Rule[] = [];

  const visit = (key: string, way: readonly string[]): RuleCycle | undefined => {
    if (way.includes(key)) return [...way.slice(way.indexOf(key)), key];
    const rule = byKey.get(key);
    if (rule === undefined || done.has(key)) return undefined;
    for (const before of keysBefore(rule)) {
      const cycle = visit(before, [...way, key]);
      if (cycle) return cycle;
    }
    done.add(key);
    order.push(rule);
    return undefined;
  };

  for (const key of byKey.keys()) {
    const cycle = visit(key, []);
    if (cycle) return { cycle };
  }
  return { order };
}
