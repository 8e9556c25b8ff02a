import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Stands in for `@aws-sdk/credential-provider-node` in the bundles: in Lambda, credentials come from the environment and from nowhere else.
 * The files, SSO, IMDS and web identity of the whole chain would be 110 kB in every function.
 */
export const defaultProvider = () => fromEnv();
export const credentialsTreatedAsExpired = (): boolean => false;
export const credentialsWillNeedRefresh = (): boolean => false;
