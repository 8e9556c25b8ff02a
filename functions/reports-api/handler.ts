import { routesHandler } from '../../runtime/http/handler.ts';
import { reportsApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: what campaigns, journeys, channels and templates brought. */
export const handler = routesHandler(EnvSchema, reportsApiDeps, routes);
