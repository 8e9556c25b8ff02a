import * as z from 'zod';
import { HttpEnv } from '../../runtime/http/env.ts';
import { DEAD_LETTERS_SHAPE } from '../../runtime/wiring/dead-letters-env.ts';
import { EMAIL_IDENTITIES_SHAPE } from '../../runtime/wiring/email-identities-env.ts';

export const EnvSchema = z.object({
  ...HttpEnv,
  /** This secret also signs the cursors of lists. */
  LINK_SECRET_ARN: z.string(),
  ...DEAD_LETTERS_SHAPE,
  COMPILE_MJML_FUNCTION_NAME: z.string(),
  ...EMAIL_IDENTITIES_SHAPE,
});
