import { routesHandler } from '../../runtime/http/handler.ts';
import { lifecycleDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: takes journeys from draft to archived. Alone may make state machines. */
export const handler = routesHandler(EnvSchema, lifecycleDeps, routes);
