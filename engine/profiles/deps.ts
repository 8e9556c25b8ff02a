import type { CairnEvent } from '../../core/events/event.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { CatalogStore, CouponStore } from '../definitions/ports.ts';
import type { MetricEvents } from '../metrics/ports.ts';
import type { Clock, Log, Queue } from '../ports.ts';
import type { Executions, RunStore } from '../runs/ports.ts';
import type { IngestionCounts } from './ingestion-counts.ts';
import type { ProfileStore } from './ports.ts';

/** Why a customer does not enter; the API's `trigger` returns the same words. */
export type Refusal = 'paused' | 'audience' | 'open' | 'reentry' | 'full';

/** Dependencies of protocol A, which `process-events`, `process-due-profiles` and merges share. */
export interface ProfileDeps {
  profiles: Pick<
    ProfileStore,
    | 'query'
    | 'home'
    | 'readProfile'
    | 'readActivity'
    | 'commitActivity'
    | 'updateProfile'
    | 'removeLookUps'
    | 'addConsents'
    | 'putEvents'
    | 'history'
    | 'readSends'
    | 'eventsAt'
    | 'storedEffects'
    | 'repoint'
    | 'mergedUnder'
    | 'mergedTree'
    | 'setMember'
    | 'putEntered'
    | 'readEntered'
    | 'putOlderIds'
    | 'olderIds'
    | 'fenceActivity'
    | 'fence'
    | 'foldInto'
    | 'movableItems'
    | 'putItems'
    | 'removeItems'
    | 'emptyItem'
  >;
  runs: Pick<RunStore, 'get' | 'getAll' | 'create' | 'claim' | 'close' | 'parkLost' | 'migrate' | 'byJourneyOf'>;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  coupons: Pick<CouponStore, 'redeem'>;
  executions: Pick<Executions, 'resolve'>;
  events: Pick<Queue, 'send'>;
  due: Pick<Queue, 'send'>;
  enrolments: Pick<Queue, 'send'>;
  stopExecutions: Pick<Queue, 'send'>;
  metricEvents: MetricEvents;
  /** Whether AWS would refuse every repeat of the request, because of its content. */
  isPermanentError: (error: unknown) => boolean;
  clock: Clock;
  log: Log;
  /** Is called with an event that should have entered the customer but did not. */
  traceRefusal?: (event: CairnEvent, refused: Refusal) => void;
}

/** Only `process-events` commits clients' events. */
export interface ProcessEventsDeps extends ProfileDeps {
  /** Absent: nothing is counted. */
  counts?: Pick<IngestionCounts, 'isFirstTry' | 'add'>;
  /**
   * Records an app's report that a message was opened or clicked; repeatable. Returns the event with the properties of the message's row, or
   * undefined if the profile has no such push message.
   */
  feedback: (event: CairnEvent, profile: ProfileKey) => Promise<CairnEvent | undefined>;
}
