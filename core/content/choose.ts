import { elementsOf, valuesAt } from '../conditions/paths.ts';
import { parseInstant } from '../time/instant.ts';
import type { Block } from './block.ts';
import type { ContentItem } from './schema.ts';

export interface KnownItem {
  id: string;
  definition: ContentItem;
}

/**
 * Returns the items that a block shows to a customer with these traits, by id: those that match, at most `limit`. Fewer than `atLeast` are filled up
 * with items that do not match (`any`), or dropped; so are those that remain too few.
 */
export function chosen(
  { kind, match, limit, atLeast, else: otherwise }: Block,
  items: readonly KnownItem[],
  traits: unknown,
  now: number,
): KnownItem[] {
  const shown = items
    .filter(({ definition }) => definition.kind === kind && !isOver(definition, now))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const [matching, others] = partition(shown, ({ definition }) => suits(match, definition, traits));
  if (matching.length >= atLeast) return matching.slice(0, limit);
  const filled = otherwise === 'any' ? [...matching, ...others].slice(0, limit) : [];
  return filled.length >= atLeast ? filled : [];
}

/** Each property that the block asks for has a value that the item suits. A list suits with any of its elements. */
const suits = (match: Block['match'], item: ContentItem, traits: unknown): boolean =>
  Object.entries(match).every(([name, wanted]) => {
    const accepted: readonly unknown[] = Object.hasOwn(item.match, name) ? (item.match[name] ?? []) : [];
    const values = typeof wanted === 'object' ? elementsOf(valuesAt(traits, wanted.trait)) : [wanted];
    return values.some((value) => accepted.includes(value));
  });

function partition<Item>(items: readonly Item[], is: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(is), items.filter((item) => !is(item))];
}

/** Whether an item's `until` has passed. */
export const isOver = ({ until }: Pick<ContentItem, 'until'>, now: number): boolean => {
  const end = until === undefined ? undefined : parseInstant(until);
  return end !== undefined && end <= now;
};
