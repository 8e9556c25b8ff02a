import { contestantsOf, type WinnerRule } from '../../core/campaigns/schema.ts';
import { type VariantResult, winnerOf } from '../../core/campaigns/winner.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { SystemAudit } from '../guardrails/ports.ts';
import type { Clock, Queue } from '../ports.ts';
import type { Wakes } from '../schedule/ports.ts';
import { definitionOf } from './begin-occurrence.ts';
import { decisionName } from './end-stage.ts';
import { beginSending } from './freeze-audience.ts';
import type { OccurrenceRef, OccurrenceStore } from './ports.ts';
import type { Tally, VariantTally } from './tally.ts';

export interface DecideDeps {
  occurrences: Pick<OccurrenceStore, 'get' | 'change' | 'begin' | 'progress'>;
  catalog: Pick<CatalogStore, 'version'>;
  wakes: Pick<Wakes, 'set' | 'done'>;
  queues: { campaigns: Pick<Queue, 'send'> };
  tally: Tally;
  audit: SystemAudit;
  clock: Clock;
}

/** The sample has had its time: the winner is found once, written into the audit log, and the rest begins. */
export async function decideWinner(
  deps: DecideDeps,
  { epoch, ...of }: OccurrenceRef & { epoch: number },
): Promise<void> {
  await decide(deps, of, epoch);
  await deps.wakes.done('campaign', decisionName(of, epoch));
}

async function decide(deps: DecideDeps, of: OccurrenceRef, epoch: number): Promise<void> {
  const there = await deps.occurrences.get(of);
  if (there?.status !== 'resting' || there.stage !== 'sample' || there.epoch !== epoch) {
    // The decision was made, and its worker may have died before it began the rest.
    if (there?.status === 'running' && there.stage === 'rest' && there.epoch === epoch + 1)
      await beginSending(deps, there, 0);
    return;
  }
  const definition = await definitionOf(deps, of.campaign, there.version);
  const { winner: rule } = definition;
  if (rule === undefined) return;
  const now = deps.clock();
  const { variants } = await deps.tally(there);
  const names = new Set(contestantsOf(definition).map(({ name }) => name));
  const contestants = variants.filter(({ name }) => names.has(name));
  const { name, why } = winnerOf(
    (contestants.length === 0 ? variants : contestants).map((variant) => resultOf(variant, rule)),
    rule.atLeast,
  );
  const decided = await deps.occurrences.change(of, (one) =>
    one.status === 'resting' && one.stage === 'sample' && one.epoch === epoch
      ? { ...one, status: 'running', stage: 'rest', epoch: epoch + 1, winner: { name, by: rule.by, why, at: now } }
      : undefined,
  );
  if (decided?.winner === undefined) return;
  await deps.audit.record(`${of.campaign}#${of.id}#winner`, {
    at: decided.winner.at,
    actor: 'winner',
    action: 'choose',
    kind: 'campaigns',
    id: of.campaign,
    comment: `${decided.winner.name} by ${rule.by} (${why})`,
  });
  await beginSending(deps, decided, 0);
}

const resultOf = (variant: VariantTally, { by }: WinnerRule): VariantResult => ({
  name: variant.name,
  sent: variant.sent,
  reached: by === 'revenue' ? variant.revenue : variant[by],
});
