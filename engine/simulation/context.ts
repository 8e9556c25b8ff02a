import type { LiveJourney, Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { EntryId } from '../../core/ids.ts';
import type { Run } from '../../core/runs/run.ts';
import type { CatalogStore, CouponStore } from '../definitions/ports.ts';
import type { Log, Sequence } from '../ports.ts';
import type { Stored } from './profiles.ts';

/** Reads of a simulation from the real tables; it writes to none of them. */
export interface Reads {
  version: CatalogStore['version'];
  run: (entry: EntryId) => Promise<Run | undefined>;
  coupons: Pick<CouponStore, 'undrawn' | 'redeemed'>;
}

export interface SimulationContext {
  live: LiveJourney;
  /** Snapshot whose only journey is `live`. */
  snapshot: Snapshot;
  pointer: Pointer;
  stored: Stored;
  reads: Reads;
  log: Log;
  sequence: Sequence;
}
