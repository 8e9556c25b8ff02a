import { httpHandler } from '../shared/handlers/http-handler.ts';
import { EnvSchema } from './env.ts';
import { handleRequest } from './handle-request.ts';
import { router } from './router.ts';
import { routes } from './routes/index.ts';
import { apiDeps } from './wire.ts';

/** HTTP API: all of `/v1` that is not ingestion (behind the JWT authorizer), and `$default`, where there is nothing to find. */
export const handler = httpHandler({
  env: EnvSchema,
  build: (env) => ({ deps: apiDeps(env), routes: router(routes) }),
  handle: ({ deps, routes: known }, event) => handleRequest(deps, known, event),
});
