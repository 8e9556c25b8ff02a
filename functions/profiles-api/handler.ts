import { routesHandler } from '../../runtime/http/handler.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';
import { peopleDeps } from './wire.ts';

/** HTTP API: customers, what was sent to them, where they are in journeys, what is to be done for them. */
export const handler = routesHandler(EnvSchema, peopleDeps, routes);
