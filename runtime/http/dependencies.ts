import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { auditLog } from '../../adapters/dynamo/audit.ts';
import { idempotency } from '../../adapters/dynamo/idempotency.ts';
import { secret } from '../../adapters/secrets-manager/secrets.ts';
import { systemClock } from '../clock.ts';
import { logger } from '../log.ts';
import type { HttpDeps } from './deps.ts';
import { type Cursors, signedCursors } from './signed-cursors.ts';

/** Builds the dependencies of every request, over AWS. */
export const httpDeps = (
  tables: DynamoDBDocumentClient,
  env: { CATALOG_TABLE: string; ROLES_CLAIM: string },
): HttpDeps => ({
  audit: auditLog(tables, env.CATALOG_TABLE),
  idempotency: idempotency(tables, env.CATALOG_TABLE),
  rolesClaim: env.ROLES_CLAIM,
  clock: systemClock,
  log: logger,
});

/** Only for functions that have lists. The secret is read when the first cursor is needed. */
export const cursorsOf = (env: { LINK_SECRET_ARN: string }): Cursors =>
  signedCursors(secret(new SecretsManagerClient({ maxAttempts: 3 }), env.LINK_SECRET_ARN));
