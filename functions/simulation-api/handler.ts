import { routesHandler } from '../../runtime/http/handler.ts';
import { simulationApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: what would happen to a customer, what he would get. Reads, and can write nothing but that somebody was refused. */
export const handler = routesHandler(EnvSchema, simulationApiDeps, routes);
