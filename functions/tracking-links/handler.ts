import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { secret } from '../../adapters/secrets-manager/secrets.ts';
import { httpHandler } from '../../runtime/handlers/http-handler.ts';
import { receiveDeps } from '../../runtime/wiring/receipts.ts';
import { EnvSchema } from './env.ts';
import { follow } from './routes/follow.ts';

/** HTTP API, `/u/{token}` and `/c/{token}`: called by people, mail programs and scanners, any number of times. */
export const handler = httpHandler({
  env: EnvSchema,
  build: (env) => ({
    ...receiveDeps(env),
    secret: secret(new SecretsManagerClient({ maxAttempts: 3 }), env.LINK_SECRET_ARN),
  }),
  handle: follow,
});
