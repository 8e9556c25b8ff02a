import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { auditLog } from '../adapters/audit.dynamo.ts';
import { idempotency } from '../adapters/idempotency.dynamo.ts';
import { systemClock } from '../clock.ts';
import type { HttpDeps } from './deps.ts';

/** What every request needs, over AWS. */
export const httpDeps = (
  tables: DynamoDBDocumentClient,
  env: { CATALOG_TABLE: string; ROLES_CLAIM: string },
): HttpDeps => ({
  audit: auditLog(tables, env.CATALOG_TABLE),
  idempotency: idempotency(tables, env.CATALOG_TABLE),
  rolesClaim: env.ROLES_CLAIM,
  clock: systemClock,
});
