import type { Config } from '../../config.ts';
import type { EngineQueues } from '../processing/engine-queues.ts';
import type { Stores } from '../stores.ts';

/** Resources that the functions of the HTTP API share. */
export interface ApiParts {
  config: Config;
  stores: Stores;
  queues: EngineQueues;
}
