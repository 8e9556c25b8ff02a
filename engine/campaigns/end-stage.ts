import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import { durationMs } from '../../core/time/duration.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock, Queue } from '../ports.ts';
import type { Wakes } from '../schedule/ports.ts';
import { definitionOf, wakeAt } from './begin-occurrence.ts';
import type { OccurrenceStore, Progress } from './ports.ts';
import type { Tally } from './tally.ts';

export interface EndStageDeps {
  occurrences: Pick<OccurrenceStore, 'change' | 'advance'>;
  catalog: Pick<CatalogStore, 'version'>;
  wakes: Pick<Wakes, 'set' | 'done'>;
  queues: { campaigns: Pick<Queue, 'send'> };
  tally: Tally;
  clock: Clock;
}

/** How often it is looked whether the senders have worked through what was handed to them, and for how long. */
const LOOK_AGAIN_SECONDS = 5;
const MAX_LOOKS = 180;

/** Everybody of a stage was handed over. The pilot rests until somebody says `continue`, the sample until its winner is found; else it is done. */
export async function endStage(deps: EndStageDeps, occurrence: Occurrence, progress: Progress): Promise<void> {
  const { campaign, id, epoch, stage } = occurrence;
  const of = { campaign, id };
  const now = deps.clock();
  if (stage === 'pilot') {
    await deps.occurrences.change(of, (there) =>
      there.epoch === epoch && there.status === 'running' ? { ...there, status: 'resting' } : undefined,
    );
    return;
  }
  if (stage === 'sample') {
    const changed = await deps.occurrences.change(of, (there) =>
      there.epoch === epoch && there.status === 'running'
        ? { ...there, status: 'resting', sampledAt: there.sampledAt ?? now }
        : undefined,
    );
    return changed !== undefined && isSampled(changed) ? awaitDecision(deps, changed) : undefined;
  }
  const { looks = 0 } = progress;
  if (looks < MAX_LOOKS && (await isWaitedFor(deps, occurrence))) {
    const moved = { ...progress, tick: progress.tick + 1, looks: looks + 1, at: now };
    if (!(await deps.occurrences.advance(of, progress, moved))) return;
    const body = { tick: { ...of, epoch, tick: moved.tick } };
    return deps.queues.campaigns.send([{ body, delaySeconds: LOOK_AGAIN_SECONDS }]);
  }
  await deps.occurrences.change(of, (there) =>
    there.epoch === epoch && there.status === 'running' ? { ...there, status: 'done', endedAt: now } : undefined,
  );
}

/** Whether it rests until its winner is found. */
export const isSampled = ({ status, stage }: Occurrence): boolean => status === 'resting' && stage === 'sample';

/** The winner is found `after` the sample's last send. May be repeated. */
export async function awaitDecision(
  deps: Pick<EndStageDeps, 'catalog' | 'wakes' | 'queues' | 'clock'>,
  { campaign, id, epoch, version, sampledAt }: Occurrence,
): Promise<void> {
  const { winner } = await definitionOf(deps, campaign, version);
  const at = (sampledAt ?? deps.clock()) + durationMs(winner?.after ?? '0s');
  const of = { campaign, id };
  return wakeAt(deps, decisionName(of, epoch), at, { decide: { ...of, epoch } });
}

export const decisionName = ({ campaign, id }: { campaign: string; id: string }, epoch: number): string =>
  `${campaign}#${id}#${epoch}#decide`;

/** Whether senders have not said yet what became of some. */
async function isWaitedFor({ tally }: EndStageDeps, occurrence: Occurrence): Promise<boolean> {
  return (await tally(occurrence)).messages.waiting > 0;
}
