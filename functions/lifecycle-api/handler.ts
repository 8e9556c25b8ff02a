import { routesHandler } from '../../runtime/http/handler.ts';
import { lifecycleDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: the lifecycle of journeys, from draft to archived. Only this function may create state machines. */
export const handler = routesHandler(EnvSchema, lifecycleDeps, routes);
