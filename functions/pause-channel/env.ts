export { PausingEnvSchema as EnvSchema } from '../../runtime/wiring/pausing-env.ts';
