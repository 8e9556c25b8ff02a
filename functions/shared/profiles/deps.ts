import type { CairnEvent } from '../../../core/events/event.ts';
import type { ProfileKey } from '../../../core/ids.ts';
import type { CatalogStore } from '../adapters/catalog.dynamo.ts';
import type { CouponStore } from '../adapters/coupons.dynamo.ts';
import type { Executions } from '../adapters/executions.sfn.ts';
import type { Facts } from '../adapters/facts.sqs.ts';
import type { ProfileStore } from '../adapters/profiles.dynamo.ts';
import type { Queue } from '../adapters/queue.sqs.ts';
import type { RunStore } from '../adapters/runs.dynamo.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

/** What protocol A needs: `tag`, `due` and merges share it. */
export interface ProfileDeps {
  profiles: Pick<
    ProfileStore,
    | 'query'
    | 'home'
    | 'readProfile'
    | 'readActivity'
    | 'commitActivity'
    | 'updateProfile'
    | 'addConsents'
    | 'putEvents'
    | 'history'
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
  runs: Pick<RunStore, 'get' | 'create' | 'claim' | 'close' | 'byJourney'>;
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  coupons: Pick<CouponStore, 'redeem'>;
  executions: Pick<Executions, 'resolve'>;
  events: Pick<Queue, 'send'>;
  due: Pick<Queue, 'send'>;
  enrolments: Pick<Queue, 'send'>;
  facts: Facts;
  /** Updates the message row of an app's own report of an opened or clicked message. */
  feedback: (event: CairnEvent, profile: ProfileKey) => Promise<void>;
  clock: Clock;
  log: Log;
}

/** Loops of "refused → read again" end here: the queue redelivers. */
export const MOST_ATTEMPTS = 20;
