import { routes as adminRoutes } from '../functions/admin-api/routes/index.ts';
import { routes as campaignRoutes } from '../functions/campaigns-api/routes/index.ts';
import { routes as lifecycleRoutes } from '../functions/lifecycle-api/routes/index.ts';
import { routes as monitoringRoutes } from '../functions/monitoring-api/routes/index.ts';
import { routes as profileRoutes } from '../functions/profiles-api/routes/index.ts';
import { routes as reportRoutes } from '../functions/reports-api/routes/index.ts';
import { routes as simulationRoutes } from '../functions/simulation-api/routes/index.ts';
import type { RouteDeclaration } from '../runtime/http/route.ts';

/** Routes of each function of the HTTP API. */
export const ROUTES = {
  'admin-api': adminRoutes,
  'campaigns-api': campaignRoutes,
  'lifecycle-api': lifecycleRoutes,
  'profiles-api': profileRoutes,
  'monitoring-api': monitoringRoutes,
  'reports-api': reportRoutes,
  'simulation-api': simulationRoutes,
};
export const allRoutes: readonly RouteDeclaration[] = Object.values(ROUTES).flat();
