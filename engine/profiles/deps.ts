import type { CairnEvent } from '../../core/events/event.ts';
import type { ProfileKey } from '../../core/ids.ts';
import type { CatalogStore, CouponStore } from '../definitions/ports.ts';
import type { MetricEvents } from '../metrics/ports.ts';
import type { Clock, Log, Queue } from '../ports.ts';
import type { Executions, RunStore } from '../runs/ports.ts';
import type { ProfileStore } from './ports.ts';

/** Why nobody enters; the words of the API's `trigger`. */
export type Refusal = 'paused' | 'audience' | 'open' | 'reentry' | 'full';

/** What protocol A needs: `process-events`, `process-due-profiles` and merges share it. */
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
    | 'fencedBody'
    | 'fencedProfile'
    | 'foldInto'
    | 'movable'
    | 'putListed'
    | 'putUnder'
    | 'remove'
    | 'empty'
  >;
  runs: Pick<RunStore, 'get' | 'create' | 'claim' | 'close' | 'parkLost' | 'byJourneyOf'>;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  coupons: Pick<CouponStore, 'redeem'>;
  executions: Pick<Executions, 'resolve'>;
  events: Pick<Queue, 'send'>;
  due: Pick<Queue, 'send'>;
  enrolments: Pick<Queue, 'send'>;
  stopExecutions: Pick<Queue, 'send'>;
  metricEvents: MetricEvents;
  /** Whether what was refused would be refused at every repeat, because of its content. */
  isPermanent: (error: unknown) => boolean;
  clock: Clock;
  log: Log;
  /** Hears of an event that should have let the customer in. */
  traceRefusal?: (event: CairnEvent, refused: Refusal) => void;
}

/** `process-events` alone commits what clients say. */
export interface ProcessEventsDeps extends ProfileDeps {
  /**
   * Notes an app's report that a message was opened or clicked, any number of times: the event with what the message's row says. Undefined: the
   * profile has no such message that apps report on.
   */
  feedback: (event: CairnEvent, profile: ProfileKey) => Promise<CairnEvent | undefined>;
}
