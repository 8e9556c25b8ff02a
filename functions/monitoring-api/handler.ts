import { routesHandler } from '../../runtime/http/handler.ts';
import { monitoringApiDeps } from './dependencies.ts';
import { EnvSchema } from './env.ts';
import { routes } from './routes/index.ts';

/** HTTP API: reports, guardrails, the people of a campaign, what is sent when, who did what. It writes nothing. */
export const handler = routesHandler(EnvSchema, monitoringApiDeps, routes);
