import { routesHandler } from '../../runtime/http/handler.ts';
import { profilesApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: customers, what was sent to them, where they are in journeys, what is to be done for them. */
export const handler = routesHandler(EnvSchema, profilesApiDeps, routes);
