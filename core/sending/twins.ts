import { isOfOccurrence, ownerOf, partOf, type Source } from '../messages/source.ts';
import type { CountedSends, SendKey } from '../profiles/counted-sends.ts';

/**
 * Counted messages of the same occurrence to other recipients. All counted sends of a customer are one item, and a merge folds that of one profile into
 * the other's: so these recipients and this one were different profiles when the audience was frozen, and are one person now.
 */
export function twinsOf(sends: Readonly<CountedSends>, own: SendKey, source: Source): SendKey[] {
  if (!isOfOccurrence(source)) return [];
  const [campaign, occurrence] = [ownerOf(source), partOf(source)];
  return Object.entries(sends).flatMap(([key, send]) =>
    key !== own && send.source === campaign && send.node === occurrence ? [key] : [],
  );
}
