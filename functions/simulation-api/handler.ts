import { routesHandler } from '../../runtime/http/handler.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes.ts';
import { simulateDeps } from './wire.ts';

/** HTTP API: what would happen to a customer, what he would get. Reads, and can write nothing but that somebody was refused. */
export const handler = routesHandler(EnvSchema, simulateDeps, routes);
