import type { Channel } from '../../core/channels/registry.ts';
import type { WalkPorts } from '../../core/journeys/walk-ports.ts';
import type { CatalogStore, CouponStore } from '../definitions/ports.ts';
import type { MessageStore } from '../messages/ports.ts';
import type { MetricEvents } from '../metrics/ports.ts';
import type { Clock, Log, Queue, Sequence } from '../ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { Executions, Pilots, RunStore, TaskStore, Throttles } from './ports.ts';
import type { TimelineProfiles } from './timeline.ts';

/** Dependencies that `start-run` and `advance-run` share: they decide a run's plan and execute it. */
export interface RunDeps {
  runs: Pick<
    RunStore,
    'get' | 'getAll' | 'beginLeg' | 'commitPlan' | 'postpone' | 'park' | 'parkPlanned' | 'claim' | 'close' | 'parkLost'
  >;
  profiles: TimelineProfiles & Pick<ProfileStore, 'addressRecords'>;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  coupons: Pick<CouponStore, 'draw' | 'redeemed'>;
  messages: Pick<MessageStore, 'histories'>;
  tasks: Pick<TaskStore, 'create' | 'close'>;
  senders: Record<Channel, Pick<Queue, 'send'>>;
  events: Pick<Queue, 'send'>;
  enrolments: Pick<Queue, 'send'>;
  webhooks: Pick<Queue, 'send'>;
  metricEvents: MetricEvents;
  /** Only in a simulation: is called with every step of a walk. */
  trace?: WalkPorts['trace'];
  clock: Clock;
  sequence: Sequence;
  log: Log;
}

export interface StartRunDeps extends RunDeps {
  runs: RunDeps['runs'] & Pick<RunStore, 'confirmStart' | 'postponeDue'>;
  executions: Pick<Executions, 'start'>;
  throttles: Throttles;
  pilots: Pick<Pilots, 'claim'>;
  machinePrefix: string;
}

/**
 * Thrown if the run of the execution is closed, parked or on another leg. The machine catches it by this name and succeeds: the executor that closed
 * or parked the run has decided, and this execution has nothing left to do.
 */
export class RunLeft extends Error {
  override readonly name = 'RunLeft';
}

/** `resume` wakes the runs of a paused journey. A run that it misses checks by itself after this time. */
export const RECHECK_MS = 6 * 3600_000;

export const isRunLeft = (error: unknown): boolean => error instanceof RunLeft;
