import { routesHandler } from '../../runtime/http/handler.ts';
import { simulationApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: simulations and previews. It only reads, except that it writes refusals to the audit log. */
export const handler = routesHandler(EnvSchema, simulationApiDeps, routes);
