import { routesHandler } from '../../runtime/http/handler.ts';
import { campaignsApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: the occurrences of campaigns. Their lifecycle is `lifecycle-api`'s. */
export const handler = routesHandler(EnvSchema, campaignsApiDeps, routes);
