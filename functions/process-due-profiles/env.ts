export { ProfilesEnvSchema as EnvSchema } from '../../runtime/wiring/profiles-env.ts';
