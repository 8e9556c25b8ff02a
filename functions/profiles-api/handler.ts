import { routesHandler } from '../../runtime/http/handler.ts';
import { profilesApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: customers, their messages, their runs and their tasks. */
export const handler = routesHandler(EnvSchema, profilesApiDeps, routes);
