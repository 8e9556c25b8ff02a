import type { CheckDeps } from '../definitions/check.ts';
import type { CatalogStore, CouponStore } from '../definitions/ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { RunStore } from '../runs/ports.ts';
import type { Outcome, SimulationInput } from './run-simulation.ts';

/** Dependencies of simulations and previews; they only read. */
export interface SimulationDeps extends CheckDeps {
  catalog: Pick<CatalogStore, 'snapshot' | 'version' | 'content'>;
  coupons: Pick<CouponStore, 'undrawn' | 'redeemed'>;
  profiles: Pick<
    ProfileStore,
    'home' | 'readActivity' | 'addressRecords' | 'readSends' | 'readEntered' | 'history' | 'olderIds'
  >;
  runs: Pick<RunStore, 'get'>;
  /** Runs a simulation; writes nothing. */
  runSimulation: (input: SimulationInput) => Promise<Outcome>;
}
