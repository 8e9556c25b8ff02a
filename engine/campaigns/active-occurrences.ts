import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import type { OccurrenceStore } from './ports.ts';

interface Deps {
  occurrences: Pick<OccurrenceStore, 'active'>;
}

/** Occurrences of a page; triggers may have many under way at once. */
const PAGE = 100;

/** Occurrences of a campaign that are under way, newest first, however many others there are. */
export async function activeOccurrences({ occurrences }: Deps, campaign: string): Promise<Occurrence[]> {
  const found: Occurrence[] = [];
  let before: string | undefined;
  do {
    const page = await occurrences.active(campaign, { limit: PAGE, before });
    found.push(...page.items);
    before = page.next;
  } while (before !== undefined);
  return found;
}

/** The newest of them, other than `except`. */
export async function newestActive(
  { occurrences }: Deps,
  campaign: string,
  except?: string,
): Promise<Occurrence | undefined> {
  let before: string | undefined;
  do {
    const { items, next } = await occurrences.active(campaign, { limit: PAGE, before });
    const found = items.find(({ id }) => id !== except);
    if (found !== undefined) return found;
    before = next;
  } while (before !== undefined);
  return undefined;
}
