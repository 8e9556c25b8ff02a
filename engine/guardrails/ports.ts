import type { EpochMs } from '../../core/ids.ts';
import type { CohortItem } from '../../core/metrics/cohorts.ts';

/** Counters of the messages that guardrails watch, as `record-metrics` wrote them. */
export interface Cohorts {
  /** Items of the hours in which these instants lie, strongly consistent. */
  hours(scope: string, generation: number, from: EpochMs, to: EpochMs): Promise<CohortItem[]>;
  /** Items of the UTC days `from` to `to`, both included. */
  days(scope: string, from: string, to: string): Promise<CohortItem[]>;
}

/** When the guardrails of a scope are to be checked next although nothing happens. */
export interface DueChecks {
  /** Moves the check to this instant, if none is due earlier. */
  set(scope: string, at: EpochMs): Promise<void>;
  /** Checks that are due, the oldest first. */
  due(now: EpochMs, limit: number): Promise<{ scope: string; at: EpochMs }[]>;
  /** The check that was due at `seen` is done; the next one is at `next`. An earlier one that was set meanwhile stays. */
  done(scope: string, seen: EpochMs, next: EpochMs | undefined): Promise<void>;
}

/** Audit entries of what the system itself did. */
export interface SystemAudit {
  /** Adds an entry, once for an id and instant. */
  record(
    id: string,
    entry: { at: EpochMs; actor: string; action: string; kind: string; id: string; comment: string },
  ): Promise<void>;
}
