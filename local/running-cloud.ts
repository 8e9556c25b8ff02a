import type { Alarms } from './alarms.ts';
import type { LocalClock } from './clock.ts';
import type { Issuer } from './issuer.ts';
import type { Lambdas } from './lambdas.ts';
import type { Pollers } from './pollers.ts';
import type { Outbox } from './providers/outbox.ts';
import type { Queues } from './queues.ts';
import type { Engine } from './states/engine.ts';
import type { Tables } from './tables.ts';
import type { Template } from './template.ts';
import type { Time } from './time.ts';
import type { Topics } from './topics.ts';

/** All parts of the embedded cloud, for the control plane and the bench. */
export interface Cloud {
  url: string;
  clock: LocalClock;
  template: Template;
  tables: Tables;
  queues: Queues;
  lambdas: Lambdas;
  engine: Engine;
  pollers: Pick<Pollers, 'enable'>;
  alarms: Pick<Alarms, 'states'>;
  outbox: Outbox;
  issuer: Issuer;
  topics: Topics;
  time: Time;
  reset(): Promise<void>;
  /** Stores the instant of a virtual clock for the next start. */
  keepClock(): void;
  /** Finishes the work in flight, keeps everything that rests, and stops. */
  stop(): Promise<void>;
}
