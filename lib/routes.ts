import { routes as api } from '../functions/api/routes/index.ts';
import { routes as lifecycle } from '../functions/lifecycle/routes.ts';
import { routes as people } from '../functions/people/routes/index.ts';
import { routes as simulate } from '../functions/simulate/routes.ts';
import type { RouteDeclaration } from '../runtime/http/route.ts';

/** What each function of the HTTP API answers. */
export const ROUTES = { api, lifecycle, people, simulate };
export const allRoutes: readonly RouteDeclaration[] = Object.values(ROUTES).flat();
