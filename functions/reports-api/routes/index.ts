import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { answersRoute } from './answers.ts';
import { attributionRoutes } from './attribution.ts';
import { costRoutes } from './costs.ts';
import { couponRoute } from './coupons.ts';
import { customerRoutes } from './customers.ts';
import { exportRoute } from './exports.ts';
import { goalRoutes } from './goals.ts';
import { hoursRoute } from './hours.ts';
import { ingestionRoutes } from './ingestion.ts';
import { jobRoutes } from './jobs.ts';
import { liftRoutes } from './lift.ts';
import { overviewRoute } from './overview.ts';
import { pathRoutes } from './paths.ts';
import { reportRoutes } from './reports.ts';
import { subscriptionRoutes } from './subscriptions.ts';

export const routes: readonly Route<Deps>[] = [
  ...ingestionRoutes,
  overviewRoute,
  hoursRoute,
  ...attributionRoutes,
  ...liftRoutes,
  ...goalRoutes,
  ...pathRoutes,
  answersRoute,
  couponRoute,
  ...customerRoutes,
  ...reportRoutes,
  ...costRoutes,
  exportRoute,
  ...subscriptionRoutes,
  ...jobRoutes,
];
