import { isActive, type Occurrence } from '../../core/campaigns/occurrence.ts';
import { durationMs } from '../../core/time/duration.ts';
import type { CatalogStore, LiveRules } from '../definitions/ports.ts';
import { DomainError } from '../errors.ts';
import type { Clock, Queue } from '../ports.ts';
import type { Wakes } from '../schedule/ports.ts';
import { activeOccurrences } from './active-occurrences.ts';
import { definitionOf } from './begin-occurrence.ts';
import { beginSending, continueSending } from './freeze-audience.ts';
import type { OccurrenceRef, OccurrenceStore } from './ports.ts';
import type { Tally } from './tally.ts';

export interface ControlDeps {
  occurrences: OccurrenceStore;
  rules: Pick<LiveRules, 'cancel'>;
  catalog: Pick<CatalogStore, 'version' | 'snapshot'>;
  wakes: Pick<Wakes, 'set' | 'done'>;
  queues: { campaigns: Pick<Queue, 'send'> };
  clock: Clock;
}

/** Occurrences of a page. */
const PAGE = 100;
/** A message that was handed over may still come to the gate for a while after it has expired. */
const AFTER_EXPIRY_MS = durationMs('2d');

/** The campaign's pause stands in the live rules: no worker that began before it moves anything on. May be repeated. */
export async function raiseEpochs(deps: ControlDeps, campaign: string): Promise<void> {
  for (const { id } of await activeOccurrences(deps, campaign)) await raiseEpoch(deps, { campaign, id });
}

/** The pause is lifted: whoever is left is handed over from where it stopped. May be repeated. */
export async function resumeOccurrences(deps: ControlDeps, campaign: string): Promise<void> {
  for (const { id } of await activeOccurrences(deps, campaign)) {
    const there = await raiseEpoch(deps, { campaign, id });
    if (there?.status === 'running') await continueSending(deps, there);
  }
}

const raiseEpoch = ({ occurrences }: ControlDeps, of: OccurrenceRef): Promise<Occurrence | undefined> =>
  occurrences.change(of, (there) => (there.status === 'running' ? { ...there, epoch: there.epoch + 1 } : undefined));

/** After the pilot: the frozen rest is sent to. */
export async function continueAfterPilot(
  deps: ControlDeps & { tally: Tally },
  campaign: string,
  intent: string,
): Promise<Occurrence> {
  const continued = await continuedBy(deps, campaign, intent);
  if (continued !== undefined) {
    if (continued.status === 'running') await continueSending(deps, continued);
    return continued;
  }
  const active = await activeOccurrences(deps, campaign);
  const resting = active.find(({ status, stage }) => status === 'resting' && stage === 'pilot');
  if (resting === undefined) {
    const begun = await oneToBegin(deps, active);
    if (begun === undefined)
      throw new DomainError({ code: 'conflict', detail: 'No occurrence of this campaign rests after its pilot.' });
    await beginSending(deps, begun, 0);
    return begun;
  }
  const { sent } = (await deps.tally(resting)).messages;
  const changed = await deps.occurrences.change(resting, (there) =>
    there.status === 'resting' && there.stage === 'pilot'
      ? {
          ...there,
          status: 'running',
          stage: 'rest',
          epoch: there.epoch + 1,
          continuedBy: intent,
          ...(there.pilot === undefined ? {} : { pilot: { ...there.pilot, sent } }),
        }
      : undefined,
  );
  const there = changed ?? resting;
  if (there.status === 'running') await beginSending(deps, there, 0);
  return there;
}

/** The occurrence that an earlier try of this call has continued, whatever has become of it since. */
async function continuedBy(
  { occurrences }: Pick<ControlDeps, 'occurrences'>,
  campaign: string,
  intent: string,
): Promise<Occurrence | undefined> {
  let before: string | undefined;
  do {
    const page = await occurrences.list(campaign, { limit: PAGE, before });
    const found = page.items.find((one) => one.continuedBy === intent);
    if (found !== undefined) return found;
    before = page.next;
  } while (before !== undefined);
  return undefined;
}

/** An earlier call may have broken off before it began the rest. */
async function oneToBegin({ occurrences }: ControlDeps, active: Occurrence[]): Promise<Occurrence | undefined> {
  const begun = active.find(({ status, stage }) => status === 'running' && stage === 'rest');
  const progress = begun && (await occurrences.progress(begun));
  return progress?.stage === 'rest' && progress.tick > 1 ? undefined : begun;
}

/** The campaign is archived in the live rules, by which the gate refuses what waits: whoever is left is not handed over. May be repeated. */
export async function cancelAll(deps: ControlDeps, campaign: string): Promise<void> {
  for (const one of await activeOccurrences(deps, campaign)) await endActive(deps, one);
}

/** Nobody else is sent to: what waits at the gate is refused as `cancelled`, of one that is done what is deferred or held. May be repeated. */
export async function cancelOccurrence(deps: ControlDeps, of: OccurrenceRef): Promise<Occurrence> {
  const found = await deps.occurrences.get(of);
  if (found === undefined) throw new DomainError({ code: 'not-found', detail: `There is no occurrence ${of.id}.` });
  const now = deps.clock();
  const validity = await validityOf(deps, found);
  const mayLeave = isActive(found) || (found.status === 'done' && now <= (found.endedAt ?? now) + validity);
  if (mayLeave) await deps.rules.cancel(of, now + validity + AFTER_EXPIRY_MS, now);
  return (await endActive(deps, of)) ?? found;
}

function endActive({ occurrences, clock }: ControlDeps, of: OccurrenceRef): Promise<Occurrence | undefined> {
  const endedAt = clock();
  return occurrences.change(of, (there) =>
    isActive(there)
      ? { ...there, status: 'cancelled', reason: 'cancelled', epoch: there.epoch + 1, endedAt }
      : undefined,
  );
}

async function validityOf(deps: ControlDeps, { campaign, version }: Occurrence): Promise<number> {
  const { validFor } = await definitionOf(deps, campaign, version);
  const { settings } = (await deps.catalog.snapshot()).snapshot;
  return durationMs(validFor ?? settings.validFor.campaign);
}
