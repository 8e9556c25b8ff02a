import { groupOf } from '../../core/campaigns/audience-groups.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import type { Arm } from '../../core/results/lift.ts';
import type { Converter } from '../../core/results/sql/converters.ts';
import { pageName } from '../campaigns/collect-audience.ts';
import type { AudiencePages } from '../campaigns/ports.ts';
import type { FactQuery } from './ports.ts';
import { answerOf } from './query-facts.ts';
import type { LakeDeps } from './with-facts.ts';

/** Asks for the arms of a campaign's sendings, oldest first. */
export interface ArmsQuestion extends FactQuery {
  query: 'arms';
  campaign: string;
  /** Not included. */
  to: EpochMs;
  /** `pages` of each shard; `within`: how long after its instant somebody converts, in ms. */
  sendings: readonly { id: string; at: EpochMs; pages: readonly number[]; within: number }[];
}

export interface ArmsDeps extends LakeDeps {
  pages: Pick<AudiencePages, 'get' | 'getShared'>;
}

const READERS = 8;

/**
 * People of frozen audiences, each once, in the arm of the first sending that they were assigned in: by the draw they are in the same in all. Who
 * converted is found by events alone, whether or not anything was sent, from the sending's instant on.
 */
export async function armsOf(
  deps: ArmsDeps,
  { campaign, to, sendings }: ArmsQuestion,
): Promise<{ treated: Arm; holdout: Arm }> {
  const arms = { treated: { n: 0, converted: 0 }, holdout: { n: 0, converted: 0 } };
  const [first] = sendings;
  if (first === undefined) return arms;
  const found = (await answerOf(deps, { query: 'converters', campaign, from: first.at, to })) as Converter[]; // as its SQL has it
  const converters = new Map(found.map(({ profile, ats }) => [profile, ats]));
  const people = new Map<ProfileKey, { arm: Arm; converted: boolean }>();
  for (const { id, at, pages, within } of sendings) {
    const reached = (profile: ProfileKey) =>
      converters.get(profile)?.some((when) => when >= at && when - at <= within) ?? false;
    for await (const { profile, isHeld } of assignedIn(deps, { campaign, id }, pages)) {
      const person = people.get(profile) ?? { arm: isHeld ? arms.holdout : arms.treated, converted: false };
      person.converted ||= reached(profile);
      people.set(profile, person);
    }
  }
  for (const { arm, converted } of people.values()) {
    arm.n += 1;
    if (converted) arm.converted += 1;
  }
  return arms;
}

async function* assignedIn({ pages }: ArmsDeps, of: { campaign: string; id: string }, counts: readonly number[]) {
  const duplicates = new Set((await pages.getShared(of)).duplicates);
  const names = counts.flatMap((count, shard) => Array.from({ length: count }, (_, page) => pageName(shard, page)));
  for (let next = 0; next < names.length; next += READERS) {
    const read = await mapWithConcurrency(READERS, names.slice(next, next + READERS), (name) => pages.get(of, name));
    for (const line of read.flatMap((lines) => lines ?? [])) {
      const group = groupOf(line, duplicates);
      if (group === 'recipient' || group === 'holdout') yield { profile: line.p, isHeld: group === 'holdout' };
    }
  }
}
