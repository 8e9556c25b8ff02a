import type { Channel } from '../../core/channels.ts';
import type { EntryId, ProfileKey } from '../../core/ids.ts';
import type { AuditLog } from '../shared/adapters/audit.dynamo.ts';
import type { CatalogStore } from '../shared/adapters/catalog.dynamo.ts';
import type { CouponStore } from '../shared/adapters/coupons.dynamo.ts';
import type { DefinitionStore } from '../shared/adapters/definitions.dynamo.ts';
import type { EventNames } from '../shared/adapters/event-names.dynamo.ts';
import type { Facts } from '../shared/adapters/facts.sqs.ts';
import type { Idempotency } from '../shared/adapters/idempotency.dynamo.ts';
import type { JobStore } from '../shared/adapters/jobs.dynamo.ts';
import type { LiveRules } from '../shared/adapters/live-rules.dynamo.ts';
import type { Machines } from '../shared/adapters/machines.sfn.ts';
import type { MessageStore } from '../shared/adapters/messages.dynamo.ts';
import type { Metrics } from '../shared/adapters/metrics.dynamo.ts';
import type { MjmlCompiler } from '../shared/adapters/mjml.lambda.ts';
import type { ProfilePages } from '../shared/adapters/profile-pages.dynamo.ts';
import type { ProfileStore } from '../shared/adapters/profiles.dynamo.ts';
import type { Queue } from '../shared/adapters/queue.sqs.ts';
import type { RunStore } from '../shared/adapters/runs.dynamo.ts';
import type { TaskStore } from '../shared/adapters/tasks.dynamo.ts';
import type { WriteKeys } from '../shared/adapters/write-keys.dynamo.ts';
import type { Clock, Sequence } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';

/** `cause` makes a repeat the same entry. */
export interface Trigger {
  profile: ProfileKey;
  journey: string;
  data: Record<string, unknown>;
  key: string;
  cause: string;
}
export type Triggered =
  | { entered: true; run: EntryId }
  | { entered: false; reason: 'audience' | 'reentry' | 'open' | 'paused' };

/** All that the API's handlers work with. */
export interface Deps {
  definitions: DefinitionStore;
  rules: LiveRules;
  catalog: CatalogStore;
  coupons: CouponStore;
  tasks: TaskStore;
  audit: AuditLog;
  keys: WriteKeys;
  idempotency: Idempotency;
  machines: Machines;
  mjml: MjmlCompiler;
  profiles: ProfileStore;
  profilePages: ProfilePages;
  runs: RunStore;
  messages: MessageStore;
  metrics: Metrics;
  jobs: JobStore;
  eventNames: Pick<EventNames, 'has'>;
  queues: { events: Queue; enrolments: Queue; facts: Facts; jobs: Queue; send: Record<Channel, Queue> };
  /** For compiling machines. */
  functions: { stepArn: string; armArn: string; machinePrefix: string };
  /** Enters a profile into a journey by hand. */
  trigger: (input: Trigger) => Promise<Triggered>;
  rolesClaim: string;
  clock: Clock;
  sequence: Sequence;
  log: Log;
  /** Random parts of ids and keys: so many bytes as base64url. */
  random: (bytes: number) => string;
}
