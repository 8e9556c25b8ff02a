import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SignedRequestOptions } from '../../adapters/https/signed-requests.ts';
import { secret } from '../../adapters/secrets-manager/secrets.ts';
import { systemClock } from '../clock.ts';

/** Builds the options of signed requests: the secret, and the private hosts that they may reach. */
export const signedRequestOptions = (env: {
  WEBHOOK_SECRET_ARN: string;
  WEBHOOK_HOSTS: readonly string[];
}): SignedRequestOptions => ({
  secret: secret(new SecretsManagerClient(), env.WEBHOOK_SECRET_ARN),
  hosts: env.WEBHOOK_HOSTS,
  clock: systemClock,
});
