import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type * as z from 'zod';
import { catalogStore } from '../../adapters/dynamo/catalog.ts';
import type { CatalogStore } from '../../engine/definitions/ports.ts';
import { catalogChanges } from '../catalog-changes.ts';
import { systemClock } from '../clock.ts';
import type { RulesEnvSchema } from '../rules-env.ts';

/** The Catalog of a function that follows the live rules: its copy of their pointer may be that old. */
export const followedCatalog = (tables: DynamoDBDocumentClient, env: z.infer<typeof RulesEnvSchema>): CatalogStore =>
  catalogStore(tables, {
    table: env.CATALOG_TABLE,
    pointerMaxAgeMs: env.POINTER_MAX_AGE_MS,
    changes: catalogChanges,
    clock: systemClock,
  });
