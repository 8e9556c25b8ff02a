import { routesHandler } from '../../runtime/http/handler.ts';
import { campaignsApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: campaigns from draft to archived, their plans and their occurrences. */
export const handler = routesHandler(EnvSchema, campaignsApiDeps, routes);
