import * as z from 'zod';

/** Variables of every function of the HTTP API. */
export const HttpEnv = {
  CATALOG_TABLE: z.string(),
  /** Claim of the token that contains the caller's roles. */
  ROLES_CLAIM: z.string().default('cognito:groups'),
};
