import { routes as api } from '../functions/admin-api/routes/index.ts';
import { routes as lifecycle } from '../functions/lifecycle-api/routes/index.ts';
import { routes as people } from '../functions/profiles-api/routes/index.ts';
import { routes as simulate } from '../functions/simulation-api/routes/index.ts';
import type { RouteDeclaration } from '../runtime/http/route.ts';

/** Routes of each function of the HTTP API. */
export const ROUTES = {
  'admin-api': api,
  'lifecycle-api': lifecycle,
  'profiles-api': people,
  'simulation-api': simulate,
};
export const allRoutes: readonly RouteDeclaration[] = Object.values(ROUTES).flat();
