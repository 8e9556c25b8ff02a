import type { ProfileKey } from '../ids.ts';
import type { AudienceLine } from './audience-line.ts';
import type { AudienceCounts } from './occurrence.ts';
import { type Sharer, sharedAmong } from './shared-addresses.ts';

export const AUDIENCE_GROUPS = ['recipient', 'holdout', 'excluded', 'duplicate'] as const;
export type AudienceGroup = (typeof AUDIENCE_GROUPS)[number];

/** The one group in which a person of an audience is counted. In this order: excluded, duplicate, holdout. */
export const groupOf = ({ p, g }: Pick<AudienceLine, 'p' | 'g'>, duplicates: ReadonlySet<ProfileKey>): AudienceGroup =>
  g === 'excluded' ? g : duplicates.has(p) ? 'duplicate' : (g ?? 'recipient');

/** What is kept of each line while an audience is counted: there may be millions. */
export type Person = Pick<AudienceLine, 'p' | 'g' | 'r' | 'v' | 'at'>;

export interface GatheredAudience {
  counts: AudienceCounts;
  recipients: Person[];
  shared: ReturnType<typeof sharedAmong>;
}

/** Counts an audience whose lines come one after the other. */
export function audienceGathering(): { add: (line: AudienceLine) => void; gathered: () => GatheredAudience } {
  const sharers: Sharer[] = [];
  const people: Person[] = [];
  const known = new Set<ProfileKey>();
  return {
    add(line) {
      // A profile that was merged meanwhile is listed under its survivor, which may be listed itself.
      if (known.has(line.p)) return;
      known.add(line.p);
      people.push({ p: line.p, g: line.g, r: line.r, v: line.v, at: line.at });
      if (line.g !== 'excluded') sharers.push({ profile: line.p, heardOf: line.n, addresses: line.a ?? [] });
    },
    gathered() {
      const shared = sharedAmong(sharers);
      const duplicates = new Set(shared.duplicates);
      const groups = Map.groupBy(people, (person) => groupOf(person, duplicates));
      const sizeOf = (group: AudienceGroup) => groups.get(group)?.length ?? 0;
      return {
        counts: {
          matched: people.length,
          duplicates: sizeOf('duplicate'),
          excluded: sizeOf('excluded'),
          holdout: sizeOf('holdout'),
          recipients: sizeOf('recipient'),
        },
        recipients: groups.get('recipient') ?? [],
        shared,
      };
    },
  };
}
