import type { TestTerms } from '../definitions/pins.ts';
import { type EntryId, type EpochMs, hashId } from '../ids.ts';
import type { CairnEvent } from './event.ts';
import { INTERNAL_PREFIX } from './system-events.ts';

/**
 * Events that Cairn sends to itself on `events.fifo`, so that a profile's tags and runs change only in its own message group. Their names start with
 * `@`: clients cannot send them, and reports and the timeline do not show them.
 */
export const TAG_ADDED = '@tag-added';
export const TAG_REMOVED = '@tag-removed';
export const RUN_ENDED = '@run-ended';
/** A tag or segment turned on or off. The event is never queued, only passed to the open runs that wait for it or exit on it. */
export const TURNED_ON = '@turned-on';
export const TURNED_OFF = '@turned-off';

export const isInternal = (event: CairnEvent): boolean => event.name?.startsWith(INTERNAL_PREFIX) ?? false;

function internal(name: string, id: string, at: EpochMs, properties: Record<string, unknown>): CairnEvent {
  return { id, type: 'track', name, at, receivedAt: at, index: 0, properties, key: 'cairn' };
}

/** Sets or removes a tag by hand, API or journey. `cause` makes a repeat the same event. */
export const manualTagEvent = (
  tag: string,
  on: boolean,
  by: 'api' | 'journey',
  cause: string,
  at: EpochMs,
): CairnEvent => internal(on ? TAG_ADDED : TAG_REMOVED, hashId('tag', tag, String(on), cause), at, { tag, by });

export const runEndedEvent = (
  run: { entry: EntryId; journey: string; key: string; at: EpochMs },
  outcome: string,
  at: EpochMs,
): CairnEvent =>
  internal(RUN_ENDED, hashId('ended', run.entry), at, {
    entry: run.entry,
    journey: run.journey,
    key: run.key,
    outcome,
    entered: run.at,
  });

/** `backfilled`: the rule is new to the profile, and the change has no other cause. */
export const ruleTurnedEvent = (rule: string, on: boolean, v: number, at: EpochMs, backfilled = false): CairnEvent =>
  internal(on ? TURNED_ON : TURNED_OFF, hashId('turned', rule, v), at, { rule, ...(backfilled ? { backfilled } : {}) });

/** Starts a run by which somebody tests a version, whatever its entry rule says. */
export const TESTED = '@tested';

export interface Tested {
  entry: EntryId;
  journey: string;
  version: number;
  data: Record<string, unknown>;
  test: TestTerms;
}

export const testedEvent = (of: Tested, at: EpochMs): CairnEvent =>
  internal(TESTED, hashId('tested', of.entry), at, { ...of });

/** Moves a run that rests to a newer version of its journey. */
export const MIGRATE_RUN = '@migrate-run';

export interface MigrateRun {
  entry: EntryId;
  from: number;
  to: number;
  map?: Record<string, string>;
}

/** `job`: makes a repeat the same event. */
export const migrateRunEvent = (of: MigrateRun, job: string, at: EpochMs): CairnEvent =>
  internal(MIGRATE_RUN, hashId('migrate-run', of.entry, job), at, { ...of });

/** An instant of a journey's timed entry has come for the customer. Never queued. `key`: the year of a yearly date. */
export const TIME_CAME = '@time-came';

export const timeCameEvent = (journey: string, key: string, at: EpochMs): CairnEvent =>
  internal(TIME_CAME, hashId('time', journey, key, at), at, { journey, key });

/**
 * Starts a run, by the API's `trigger`, another journey's node, or a job. `version`: the version to start, else the live one. `rule`: only enters a
 * profile that is in it (`vip`, `segment:vip`).
 */
export const TRIGGERED = '@triggered';

export const triggeredEvent = (
  to: { journey: string; version?: number; key?: string; data?: Record<string, unknown>; rule?: string },
  cause: string,
  at: EpochMs,
): CairnEvent =>
  internal(TRIGGERED, hashId('triggered', to.journey, cause), at, {
    journey: to.journey,
    key: to.key ?? '',
    data: to.data ?? {},
    ...(to.version === undefined ? {} : { version: to.version }),
    ...(to.rule === undefined ? {} : { rule: to.rule }),
  });
