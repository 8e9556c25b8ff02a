export { RunsEnvSchema as EnvSchema } from '../../runtime/wiring/runs-env.ts';
