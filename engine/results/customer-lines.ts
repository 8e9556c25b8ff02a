import type { ProfileKey } from '../../core/ids.ts';
import type { ExportSpec } from '../../core/jobs/export-spec.ts';
import type { CustomerLine } from '../../core/results/sql/customers-export.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { Clock, Cursor, Log } from '../ports.ts';
import type { CaughtUpDeps } from '../profiles/caught-up.ts';
import type { ProfilePages, ProfileStore } from '../profiles/ports.ts';

export interface CustomerDeps {
  profiles: CaughtUpDeps['profiles'] & Pick<ProfileStore, 'query' | 'addressRecords'>;
  profilePages: Pick<ProfilePages, 'timeline'>;
  catalog: Pick<CatalogStore, 'snapshot'>;
  clock: Clock;
  log: Pick<Log, 'error'>;
}

/** A profile to be read; `after`: from there on. `into`: it is being merged into that one, whose its events are. */
export interface Visit {
  key: ProfileKey;
  after?: Cursor | undefined;
  into?: ProfileKey | undefined;
  /** Those that are being merged into it have been read. */
  isLast?: true | undefined;
  /** How often it could not be read. */
  failures?: number | undefined;
}

/** One line, made when it is asked for: what is wrong with it is its own fault. Undefined: it is not of the export. */
type Line = () => CustomerLine<'profiles' | 'events'> | undefined;
/** Lines of one profile. `more`: visits that follow, in this order. */
export interface Visited {
  lines: Line[];
  more?: Visit[];
}

/** Reads profiles, each by itself; the answers are in the order of the visits. Undefined: it could not be read. */
export type ReadLines = (
  deps: CustomerDeps,
  spec: Pick<ExportSpec, 'scope' | 'from' | 'to'>,
  visits: readonly Visit[],
) => Promise<(Visited | undefined)[]>;

/** Profiles that are read at the same time. */
export const READERS = 16;

/** What cannot be read of one customer is said in the log, and keeps nobody else waiting. */
export const orUnread = async <Read>(
  { log }: Pick<CustomerDeps, 'log'>,
  { key }: Visit,
  read: Promise<Read>,
): Promise<Read | undefined> => {
  try {
    return await read;
  } catch (error) {
    log.error('a customer could not be read for an export', { profile: key, error });
    return undefined;
  }
};
