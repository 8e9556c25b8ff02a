import * as z from 'zod';
import { ReceiptsEnvSchema } from '../../runtime/wiring/receipts-env.ts';

export const EnvSchema = ReceiptsEnvSchema.extend({
  LINK_SECRET_ARN: z.string(),
});
