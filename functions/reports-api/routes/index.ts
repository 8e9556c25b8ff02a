import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { costRoutes } from './costs.ts';
import { hoursRoute } from './hours.ts';
import { ingestionRoutes } from './ingestion.ts';
import { overviewRoute } from './overview.ts';
import { reportRoutes } from './reports.ts';

export const routes: readonly Route<Deps>[] = [
  ...ingestionRoutes,
  overviewRoute,
  hoursRoute,
  ...reportRoutes,
  ...costRoutes,
];
