import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import type { EpochMs } from '../../core/ids.ts';
import { tallyOf } from '../../engine/campaigns/tally.ts';
import { viewOfOccurrence } from '../../engine/campaigns/view.ts';
import type { Item } from './expressions.ts';
import { CAMPAIGN } from './random-campaigns.ts';
import { counters } from './simulated-campaigns.ts';
import type { Sim } from './simulation.ts';
import { TABLES } from './tables.ts';

const isOccurrence = ({ pk, sk }: Item): boolean =>
  pk === `occurrences#${CAMPAIGN}` && String(sk).startsWith('OCCURRENCE#');

export async function occurrencesOf(sim: Sim): Promise<Occurrence[]> {
  return (await sim.tables.all(TABLES.catalog)).filter(isOccurrence) as unknown as Occurrence[];
}

/** Looks at every occurrence after each call of any invocation, as a marketer does. */
export class Observer {
  readonly faults = new Set<string>();
  observations = 0;
  /** When the campaign was paused in the live rules. */
  readonly pauses: { from: EpochMs; until: EpochMs }[] = [];
  /** When the campaign was cancelled for good in the live rules. */
  archivedAt: EpochMs | undefined;
  /** Objects of an audience when it was frozen. */
  private readonly frozen = new Map<string, string>();
  private readonly seen = new Map<string, object>();
  private published = 0;
  private readonly sim: Sim;

  constructor(sim: Sim) {
    this.sim = sim;
  }

  async look(): Promise<void> {
    const { sim } = this;
    const [isPaused, newest] = [sim.rules.pointer.campaigns?.[CAMPAIGN] !== undefined, this.pauses.at(-1)];
    const isKnown = newest?.until === Number.POSITIVE_INFINITY;
    if (isPaused && !isKnown) this.pauses.push({ from: sim.now, until: Number.POSITIVE_INFINITY });
    if (!isPaused && newest !== undefined && isKnown) newest.until = sim.now;
    if (!sim.rules.snapshot.campaigns?.length) this.archivedAt ??= sim.now;
    const isNews = sim.published.length !== this.published;
    this.published = sim.published.length;
    for (const one of await occurrencesOf(sim)) {
      if (!isNews && this.seen.get(one.id) === one) continue;
      this.seen.set(one.id, one);
      if (one.counts !== undefined && !this.frozen.has(one.id)) this.frozen.set(one.id, this.objectsOf(one));
      await this.observe(one);
    }
  }

  private objectsOf({ campaign, id }: Occurrence): string {
    const own = [...this.sim.objects].filter(([key]) => key.startsWith(`${campaign}/${id}/`));
    return JSON.stringify(own.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  private async observe(one: Occurrence): Promise<void> {
    const { sim } = this;
    const tally = tallyOf({ read: (...asked) => counters(sim).read(...asked) }, () => sim.now, {
      snapshot: async () => sim.rules,
    });
    const { audience, messages } = await viewOfOccurrence(
      { tally, isPaused: false, catalog: { version: async () => undefined } },
      one,
    );
    this.observations += 1;
    const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, count) => all + count, 0);
    const { suppressed, failed, ...plain } = messages;
    const all = sum(plain) + sum(suppressed) + sum(failed);
    const { matched, duplicates, excluded, holdout, recipients } = audience;
    if (matched !== duplicates + excluded + holdout + recipients)
      this.faults.add(`${one.id}: ${JSON.stringify(audience)} does not add up`);
    if (all !== recipients) this.faults.add(`${one.id}: ${recipients} recipients are ${JSON.stringify(messages)}`);
    if ([...Object.values(plain), ...Object.values(suppressed), ...Object.values(failed)].some((count) => count < 0))
      this.faults.add(`${one.id}: less than none of ${JSON.stringify(messages)}`);
  }

  /** A frozen audience stays as it is. */
  async thawed(): Promise<string[]> {
    return (await occurrencesOf(this.sim)).flatMap((one) => {
      const was = this.frozen.get(one.id);
      return was === undefined || was === this.objectsOf(one) ? [] : [`${one.id}: its frozen audience has changed`];
    });
  }
}
