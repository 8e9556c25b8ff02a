import { routesHandler } from '../../runtime/http/handler.ts';
import { monitoringApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: guardrails, the people of a campaign, the schedule, the audit log. It writes nothing. */
export const handler = routesHandler(EnvSchema, monitoringApiDeps, routes);
