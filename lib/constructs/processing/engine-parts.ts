import type { Config } from '../../config.ts';
import type { Stores } from '../stores.ts';
import type { EngineQueues } from './engine-queues.ts';
import type { JourneyMachineArns } from './journey-machine-arns.ts';

/** Resources that the engine's constructs share. */
export interface EngineParts {
  config: Config;
  stores: Stores;
  queues: EngineQueues;
  machines: JourneyMachineArns;
}
