import type { CheckDeps } from '../definitions/check.ts';
import type { CatalogStore, CouponStore } from '../definitions/ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import type { RunStore } from '../runs/ports.ts';
import type { Imagining, Outcome } from './imagine.ts';

/** What a simulation and a preview read; they write nothing. */
export interface SimulationDeps extends CheckDeps {
  catalog: Pick<CatalogStore, 'snapshot' | 'version'>;
  coupons: Pick<CouponStore, 'undrawn' | 'redeemed'>;
  profiles: Pick<
    ProfileStore,
    'home' | 'readActivity' | 'addressRecords' | 'readSends' | 'readEntered' | 'history' | 'olderIds'
  >;
  runs: Pick<RunStore, 'get'>;
  /** Walks a customer through a journey; writes nothing. */
  imagine: (input: Imagining) => Promise<Outcome>;
}
