import type { Channel } from '../../core/channels/registry.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { MetricEvents } from '../metrics/ports.ts';
import type { Clock, Log, Queue } from '../ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { RunStore } from '../runs/ports.ts';
import type { Wakes } from '../schedule/ports.ts';
import type { ProviderBreakers } from './breaker.ts';
import type { LastLook, MessageStore, Provider } from './ports.ts';
import type { Rates } from './rates.ts';

export interface SenderDeps {
  provider: Provider;
  profiles: Pick<
    ProfileStore,
    | 'history'
    | 'olderIds'
    | 'readActivity'
    | 'home'
    | 'mergedKeys'
    | 'changeSends'
    | 'addressRecords'
    | 'byAddress'
    | 'markAddress'
    | 'renewAddress'
    | 'dropAddress'
  >;
  runs: Pick<RunStore, 'get'>;
  messages: Pick<
    MessageStore,
    'get' | 'getAll' | 'reopen' | 'take' | 'refuse' | 'hold' | 'defer' | 'sent' | 'release' | 'unknown' | 'giveUp'
  >;
  lastLook: LastLook;
  rates: Rates;
  breakers: ProviderBreakers;
  catalog: Pick<CatalogStore, 'snapshot' | 'version' | 'content'>;
  senders: Record<Channel, Pick<Queue, 'send'>>;
  events: Pick<Queue, 'send'>;
  /** So that somebody looks after deferred messages at their instant. */
  wakes: Pick<Wakes, 'set'>;
  /** Resumes a run that rests for a held or deferred message. */
  enrolments: Pick<Queue, 'send'>;
  metricEvents: MetricEvents;
  /** Notes how long a message took from its request until its provider had it. */
  noteLatency: (channel: Channel, ms: number) => void;
  /** The secret that signs links. */
  secret: () => Promise<string>;
  publicUrl: string;
  /** Creates the owner id of one take. */
  newOwner: () => string;
  clock: Clock;
  log: Log;
}
