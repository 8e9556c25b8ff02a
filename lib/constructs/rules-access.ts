import { CATALOG } from './catalog-partitions.ts';
import type { Stores } from './stores.ts';

/** How old a function's copy of the rules' pointer may be. */
export const POINTER_MAX_AGE_MS = '5000';

/** Where a function finds the rules. */
export const rulesEnvironment = ({ catalog }: Pick<Stores, 'catalog'>) => ({
  CATALOG_TABLE: catalog.name,
  POINTER_MAX_AGE_MS,
});

/** Partitions of Catalog that a function reads to follow the rules. */
export const RULE_PARTITIONS = [...CATALOG.rules, ...CATALOG.definitions];
