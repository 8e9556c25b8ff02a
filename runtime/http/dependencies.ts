import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type AuditLog, auditLog } from '../../adapters/dynamo/audit.ts';
import { type Idempotency, idempotency } from '../../adapters/dynamo/idempotency.ts';
import { secret } from '../../adapters/secrets-manager/secrets.ts';
import type { Deployed } from '../../core/channels/channel.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { EntryId, ProfileKey } from '../../core/ids.ts';
import type { Alerts } from '../../engine/alerts/ports.ts';
import type { AudiencePages, BulkDepth, CampaignPlanner, OccurrenceStore } from '../../engine/campaigns/ports.ts';
import type { CampaignStatus } from '../../engine/campaigns/status.ts';
import type { Tally } from '../../engine/campaigns/tally.ts';
import type { DeadLetters } from '../../engine/dead-letters/ports.ts';
import type {
  CatalogStore,
  CouponStore,
  DefinitionStore,
  LiveRules,
  Machines,
  MjmlCompiler,
  SecretStore,
} from '../../engine/definitions/ports.ts';
import type { Cohorts } from '../../engine/guardrails/ports.ts';
import type { EventNames, WriteKeys } from '../../engine/ingest/ports.ts';
import type { JobStore } from '../../engine/jobs/ports.ts';
import type { MessageStore } from '../../engine/messages/ports.ts';
import type { MetricEvents, Metrics } from '../../engine/metrics/ports.ts';
import type { Clock, Log, Queue, Sequence } from '../../engine/ports.ts';
import type { ProfilePages, ProfileStore } from '../../engine/profiles/ports.ts';
import type { Cells, Costs, FactQueries, ReportSubscriptions } from '../../engine/results/ports.ts';
import type { Pilots, RunStore, TaskStore, WebhookLog } from '../../engine/runs/ports.ts';
import type { Wakes } from '../../engine/schedule/ports.ts';
import type { Outcome, SimulationInput } from '../../engine/simulation/run-simulation.ts';
import { systemClock } from '../clock.ts';
import { logger } from '../log.ts';
import { type Cursors, signedCursors } from './signed-cursors.ts';

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
  | { entered: false; reason: 'audience' | 'reentry' | 'open' | 'paused' | 'full' };

/** All dependencies of the HTTP API's handlers; each function has those that its routes need. */
export interface Parts {
  definitions: DefinitionStore;
  rules: LiveRules;
  catalog: CatalogStore;
  coupons: CouponStore;
  tasks: TaskStore;
  audit: AuditLog;
  alerts: Pick<Alerts, 'list' | 'acknowledge'>;
  cohorts: Cohorts;
  keys: WriteKeys;
  idempotency: Idempotency;
  machines: Machines;
  mjml: MjmlCompiler;
  deployed: Deployed;
  profiles: ProfileStore;
  profilePages: ProfilePages;
  runs: RunStore;
  pilots: Pick<Pilots, 'entered'>;
  webhookLog: Pick<WebhookLog, 'newest'>;
  /** Only the functions `webhook` and `send-webhook` read their values. */
  secrets: Pick<SecretStore, 'put' | 'has' | 'list' | 'remove'>;
  messages: MessageStore;
  metrics: Metrics;
  /** Counters of reports. */
  cells: Cells;
  /** The data lake. */
  facts: FactQueries;
  costs: Costs;
  /** Who gets report mails. */
  subscriptions: Omit<ReportSubscriptions, 'mailed'>;
  /** Whether the deployment has e-mail to send them by. */
  sendsMails: boolean;
  metricEvents: MetricEvents;
  jobs: JobStore;
  deadLetters: DeadLetters;
  eventNames: Pick<EventNames, 'has' | 'list'>;
  occurrences: OccurrenceStore;
  planCampaign: CampaignPlanner;
  /** Frozen audiences. */
  pages: Pick<AudiencePages, 'get' | 'getShared'>;
  campaignStatus: (id: string) => Promise<CampaignStatus>;
  wakes: Pick<Wakes, 'set' | 'done'>;
  tally: Tally;
  depth: BulkDepth;
  queues: { events: Queue; jobs: Queue; campaigns: Queue; send: Record<Channel, Queue> };
  /** Names for the compilation of state machines. */
  functions: { advanceRunArn: string; registerTaskTokenArn: string; machinePrefix: string };
  /** Runs a simulation; writes nothing. */
  runSimulation: (input: SimulationInput) => Promise<Outcome>;
  /** Enters a profile into a journey by hand. */
  trigger: (input: Trigger) => Promise<Triggered>;
  /** The OpenAPI document of all functions' routes, as JSON. */
  openapi: () => Promise<string>;
  /** Only of functions that have lists. */
  cursors?: Cursors;
  rolesClaim: string;
  clock: Clock;
  sequence: Sequence;
  log: Log;
  /** Random parts of ids and keys: this many bytes as base64url. */
  random: (bytes: number) => string;
}

/** Dependencies of every request, whatever its route. */
export type HttpDeps = Pick<Parts, 'audit' | 'idempotency' | 'cursors' | 'rolesClaim' | 'clock' | 'log'>;

/** Builds the dependencies of every request, over AWS. */
export const httpDeps = (
  tables: DynamoDBDocumentClient,
  env: { CATALOG_TABLE: string; ROLES_CLAIM: string },
): HttpDeps => ({
  audit: auditLog(tables, env.CATALOG_TABLE),
  idempotency: idempotency(tables, env.CATALOG_TABLE),
  rolesClaim: env.ROLES_CLAIM,
  clock: systemClock,
  log: logger,
});

/** Only for functions that have lists. The secret is read when the first cursor is needed. */
export const cursorsOf = (env: { LINK_SECRET_ARN: string }): Cursors =>
  signedCursors(secret(new SecretsManagerClient({ maxAttempts: 3 }), env.LINK_SECRET_ARN));
