import { routesHandler } from '../../runtime/http/handler.ts';
import { reportsApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: reports, outside spend, exports, jobs and report subscriptions. */
export const handler = routesHandler(EnvSchema, reportsApiDeps, routes);
