import { type EpochMs, hashId, type ProfileKey } from '../ids.ts';
import type { Warning } from '../profiles/warnings.ts';
import type { DroppedKind } from './ingestion-counters.ts';
import { INGESTION } from './ingestion-hours.ts';
import type { MetricEvent } from './metric-event.ts';

/** Data was accepted but could not be stored: counted once for each profile and subject. */
export const notKeptEvent = (profile: ProfileKey, { code, about, at }: Warning): MetricEvent => ({
  once: hashId('warning', profile, code, about),
  at,
  of: 'profile',
  metric: code,
  dimensions: { area: INGESTION },
  profile,
});

/** Work of a profile's events that could never be carried out: counted once, however often it is tried. `mark` names the work. */
export const droppedEvent = (kind: DroppedKind, mark: readonly (string | number)[], at: EpochMs): MetricEvent => ({
  once: hashId('dropped', kind, ...mark),
  at,
  of: 'profile',
  metric: 'dropped',
  detail: kind,
  dimensions: { area: INGESTION },
});
