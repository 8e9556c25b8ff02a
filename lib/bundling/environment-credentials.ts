import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces `@aws-sdk/credential-provider-node` in the bundles: in Lambda, credentials come only from the environment. The files, SSO, IMDS and web
 * identity of the whole chain would add 110 kB to every function.
 */
export const defaultProvider = () => fromEnv();
export const credentialsTreatedAsExpired = (): boolean => false;
export const credentialsWillNeedRefresh = (): boolean => false;
