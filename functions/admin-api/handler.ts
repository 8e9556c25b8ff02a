import { routesHandler } from '../../runtime/http/handler.ts';
import { adminApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: definitions and the administration of a workspace, and `$default`, which answers 404. */
export const handler = routesHandler(EnvSchema, adminApiDeps, routes);
