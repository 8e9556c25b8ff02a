import { SenderEnvSchema } from '../../runtime/wiring/sending-env.ts';
import { SIGNED_REQUESTS_SHAPE } from '../../runtime/wiring/signed-requests-env.ts';

export const EnvSchema = SenderEnvSchema.extend(SIGNED_REQUESTS_SHAPE);
