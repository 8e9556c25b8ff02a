import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import { goalTimeMs, isReachable } from '../../core/goals/reach.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { journeyScope } from '../../core/messages/source.ts';
import type { Arm } from '../../core/results/lift.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import { definitionOf } from '../campaigns/begin-occurrence.ts';
import type { OccurrenceStore } from '../campaigns/ports.ts';
import type { CatalogStore, DefinitionStore } from '../definitions/ports.ts';
import { requireHead } from '../definitions/read-definition.ts';
import { DomainError } from '../errors.ts';
import type { Metrics } from '../metrics/ports.ts';
import { sumOf } from '../metrics/sum.ts';
import type { Clock } from '../ports.ts';
import type { ArmsQuestion } from './campaign-arms.ts';
import type { FactQueries } from './ports.ts';

export interface LiftDeps {
  occurrences: Pick<OccurrenceStore, 'get' | 'list'>;
  catalog: Pick<CatalogStore, 'version'>;
  definitions: DefinitionStore;
  metrics: Pick<Metrics, 'read'>;
  facts: FactQueries;
  clock: Clock;
}

/** Who was treated, suppressed ones included, and who was held out. */
export interface Arms {
  treated: Arm;
  holdout: Arm;
  /** Sendings that were compared. */
  occurrences?: number;
  /** Split by which runs were held out. */
  node?: string;
}

/** Newest sendings that are looked at, and people in them: their frozen audiences are read. */
const MAX_OCCURRENCES = 20;
const MAX_PEOPLE = 500_000;
const CONCURRENCY = 8;
const FAR_MS = 365 * 24 * 3_600_000;

const noGoal = (what: string) =>
  new DomainError({ code: 'conflict', detail: `${what} has no goal to compare by: an event, or a tag.` });

/** Asks `query-facts` for the arms of a campaign's frozen audiences (`campaign-arms.ts`), or of one occurrence's. */
export async function campaignArms(deps: LiftDeps, campaign: string, occurrence?: string): Promise<Arms> {
  const head = await requireHead(deps, 'campaigns', campaign);
  const newest = (await deps.definitions.version('campaigns', campaign, head.published ?? head.latest))?.definition;
  if (!isReachable(newest?.goal)) throw noGoal(`campaigns/${campaign}`);
  const chosen = await occurrencesOf(deps, campaign, occurrence);
  const [first] = chosen;
  const arms: Arms = { treated: { n: 0, converted: 0 }, holdout: { n: 0, converted: 0 }, occurrences: chosen.length };
  if (first === undefined) return arms;
  const sendings = await mapWithConcurrency(CONCURRENCY, chosen, async ({ id, at, pages = [], version }) => {
    const { goal } = await definitionOf(deps, campaign, version);
    return { id, at, pages, within: Math.min(FAR_MS, isReachable(goal) ? goalTimeMs(goal) : FAR_MS) };
  });
  const question: ArmsQuestion = { query: 'arms', campaign, to: deps.clock() + 1, sendings };
  const [found] = await deps.facts.ask<Pick<Arms, 'treated' | 'holdout'>>(question);
  return { ...arms, ...found };
}

/** Oldest first. One that is not frozen has nobody yet. */
async function occurrencesOf(deps: LiftDeps, campaign: string, id: string | undefined): Promise<Occurrence[]> {
  if (id !== undefined) {
    const one = await deps.occurrences.get({ campaign, id });
    if (one === undefined)
      throw new DomainError({ code: 'not-found', detail: `campaigns/${campaign} has no occurrence ${id}.` });
    return one.counts === undefined ? [] : [one];
  }
  const { items } = await deps.occurrences.list(campaign, { limit: MAX_OCCURRENCES });
  const chosen: Occurrence[] = [];
  let people = 0;
  for (const one of items.filter(({ counts }) => counts !== undefined)) {
    people += one.counts?.matched ?? 0;
    if (people > MAX_PEOPLE && chosen.length > 0) break;
    chosen.unshift(one);
  }
  return chosen;
}

/** Runs of a journey by the ways of its first split that holds some out, as they are counted: a run counts once in each, from its entry. */
export async function journeyArms(deps: LiftDeps, journey: string): Promise<Arms> {
  const head = await requireHead(deps, 'journeys', journey);
  const definition = (await deps.definitions.version('journeys', journey, head.published ?? head.latest))?.definition;
  if (definition === undefined || !isReachable(definition.goal)) throw noGoal(`journeys/${journey}`);
  const split = splitOf(definition);
  const arms: Arms = { treated: { n: 0, converted: 0 }, holdout: { n: 0, converted: 0 } };
  if (split === undefined) return arms;
  const now = deps.clock();
  const counts = sumOf(await deps.metrics.read(journeyScope(journey, split.node), utcDay(now - FAR_MS), utcDay(now)));
  for (const [counter, count] of Object.entries(counts)) {
    const [kind, ...rest] = counter.split(':');
    const arm = split.held.has(rest.join(':')) ? arms.holdout : arms.treated;
    if (kind === 'way') arm.n += count;
    if (kind === 'goal') arm.converted += count;
  }
  return { ...arms, node: split.node };
}

function splitOf({ nodes }: Journey): { node: string; held: ReadonlySet<string> } | undefined {
  for (const [node, one] of Object.entries(nodes)) {
    if (one.type !== 'split') continue;
    const held = one.ways.filter(({ holdout }) => holdout === true).map(({ name }) => name);
    if (held.length > 0) return { node, held: new Set(held) };
  }
  return undefined;
}
