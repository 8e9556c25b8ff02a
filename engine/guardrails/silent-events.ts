import type { NewAlert } from '../../core/alerts/alert.ts';
import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { entryEventScope, hoursOf } from '../../core/metrics/entry-event-counts.ts';
import { SEEN_MS, SILENT_MS, silenceOf } from '../../core/policies/silence.ts';
import { iso } from '../../core/time/instant.ts';
import { HOUR_MS } from '../../core/time/units.ts';
import { utcDay } from '../../core/time/utc-day.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Metrics } from '../metrics/ports.ts';
import type { Clock } from '../ports.ts';
import { type ActDeps, finish } from './act.ts';

export interface SilentEventsDeps extends ActDeps {
  catalog: Pick<CatalogStore, 'snapshot'>;
  metrics: Pick<Metrics, 'read'>;
  /** Reports a journey whose entry event has stopped coming; a repeat may report it again. */
  reportSilent: () => void;
  clock: Clock;
}

/**
 * Raises an alert for each live journey that this event starts, if it came regularly and has stopped: once for each silence, which begins anew when
 * the event comes again. Returns when to check again although it does not come.
 */
export async function checkEntryEvent(deps: SilentEventsDeps, event: string): Promise<EpochMs | undefined> {
  const { snapshot, pointer } = await deps.catalog.snapshot();
  const journeys = startedBy(snapshot, event);
  if (journeys.length === 0) return undefined;
  const now = deps.clock();
  const days = await deps.metrics.read(entryEventScope(event), utcDay(now - SEEN_MS), utcDay(now));
  const { isSilent, since = now, next } = silenceOf(hoursOf(days), now);
  if (!isSilent) return next;
  for (const journey of journeys.filter((id) => !isPaused(pointer, id))) {
    const alert = await deps.alerts.raise(alertOf({ journey, event, since, now }));
    if (alert.publishedAt !== undefined) continue;
    deps.reportSilent();
    await finish(deps, alert, snapshot, now);
  }
  // It may be resumed while nothing comes.
  return journeys.some((id) => isPaused(pointer, id)) ? now + SILENT_MS : undefined;
}

const startedBy = ({ journeys }: Snapshot, event: string): string[] =>
  journeys.flatMap(({ id, definition: { entry } }) => ('event' in entry && entry.event === event ? [id] : []));

const isPaused = ({ journeys }: Pointer, id: string): boolean => journeys[id] !== undefined;

interface Stopped {
  journey: string;
  event: string;
  since: EpochMs;
  now: EpochMs;
}

const alertOf = ({ journey, event, since, now }: Stopped): NewAlert => ({
  id: hashId('entry', journey, event, since),
  at: now,
  kind: 'entry',
  scope: 'journey',
  scopeId: journey,
  metric: 'hours-without-event',
  value: Math.floor((now - since) / HOUR_MS),
  threshold: SILENT_MS / HOUR_MS,
  did: 'alerted',
  detail: `entry event ${event} of journey ${journey} came regularly until ${iso(since)} and has not come since: nobody enters`,
});
