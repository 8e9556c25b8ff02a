import { groupOf } from '../../core/campaigns/audience-groups.ts';
import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import type { ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { ExportedSending } from '../../core/results/sql/exports.ts';
import type { AudienceFact } from '../../core/results/sql/flow-export.ts';
import { pageNamesOf } from '../campaigns/collect-audience.ts';
import type { AudiencePages } from '../campaigns/ports.ts';

const READERS = 8;

/** The frozen audiences of a campaign as lines of JSON, some pages at a time. */
export async function* audienceLines(
  pages: Pick<AudiencePages, 'get' | 'getShared'>,
  campaign: string,
  sendings: readonly ExportedSending[],
): AsyncGenerator<string> {
  for (const sending of sendings) {
    const of = { campaign, id: sending.id };
    const duplicates = new Set((await pages.getShared(of)).duplicates);
    const names = pageNamesOf({ pages: [...sending.pages] });
    // A profile that was merged while it was frozen is listed under its survivor, which may be listed itself.
    const known = new Set<ProfileKey>();
    for (let next = 0; next < names.length; next += READERS) {
      const read = await mapWithConcurrency(READERS, names.slice(next, next + READERS), (name) => pages.get(of, name));
      const lines = read.flatMap((page) => page ?? []).filter(({ p }) => !known.has(p) && known.add(p));
      yield lines.map((line) => `${JSON.stringify(factOf(sending, line, duplicates))}\n`).join('');
    }
  }
}

function factOf(
  { id, at, version, variants }: ExportedSending,
  line: AudienceLine,
  duplicates: ReadonlySet<ProfileKey>,
): AudienceFact {
  const group = groupOf(line, duplicates);
  const variant = group === 'recipient' && line.v !== undefined ? (variants[line.v] ?? null) : null;
  return { profile: line.p, at, occurrence: id, version, variant, group };
}
