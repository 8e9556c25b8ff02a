import * as z from 'zod';

/** What every function of the HTTP API asks for. */
export const HttpEnv = {
  CATALOG_TABLE: z.string(),
  /** Claim of the token that holds the caller's roles. */
  ROLES_CLAIM: z.string().default('cognito:groups'),
};
