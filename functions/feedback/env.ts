import { ReceiptsEnvSchema } from '../../runtime/wiring/receipts-env.ts';

export const EnvSchema = ReceiptsEnvSchema;
