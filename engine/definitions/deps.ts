import type { Deployed } from '../../core/channels/channel.ts';
import type { CampaignPlanner, OccurrenceStore } from '../campaigns/ports.ts';
import type { CampaignStatus } from '../campaigns/status.ts';
import type { EventNames } from '../ingest/ports.ts';
import type { StartJobDeps } from '../jobs/start-job.ts';
import type { Clock, Queue } from '../ports.ts';
import type { Wakes } from '../schedule/ports.ts';
import type { CatalogStore, DefinitionStore, LiveRules, Machines, MjmlCompiler, SecretStore } from './ports.ts';

/** Dependencies of writing and checking definitions. */
export interface DefinitionDeps {
  definitions: DefinitionStore;
  rules: LiveRules;
  catalog: Pick<CatalogStore, 'snapshot'>;
  eventNames: Pick<EventNames, 'has'>;
  secrets: Pick<SecretStore, 'has'>;
  mjml: MjmlCompiler;
  /** Where a published campaign stands. */
  campaignStatus: (id: string) => Promise<CampaignStatus>;
  /** The senders that templates may name. */
  deployed: Deployed;
  clock: Clock;
}

/** Dependencies of the lifecycle of any kind, from draft to archived. */
export interface LifecycleDeps extends Omit<DefinitionDeps, 'mjml' | 'deployed' | 'catalog' | 'secrets'>, StartJobDeps {
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
}

export interface JourneyLifecycleDeps extends LifecycleDeps, Pick<DefinitionDeps, 'secrets'> {
  machines: Machines;
  /** Names for the compilation of state machines. */
  functions: { advanceRunArn: string; registerTaskTokenArn: string; machinePrefix: string };
}

export interface CampaignLifecycleDeps extends LifecycleDeps {
  planCampaign: CampaignPlanner;
  occurrences: OccurrenceStore;
  wakes: Pick<Wakes, 'set' | 'done'>;
  queues: StartJobDeps['queues'] & { campaigns: Pick<Queue, 'send'> };
}
