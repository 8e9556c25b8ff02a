import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { occurrenceRoutes } from './occurrences.ts';
import { planRoute } from './plan.ts';
import { recipientRoutes } from './recipients.ts';
import { scheduleRoute } from './schedule.ts';
import { verbRoutes } from './verbs.ts';

export const routes: readonly Route<Deps>[] = [
  ...occurrenceRoutes,
  ...recipientRoutes,
  ...verbRoutes,
  planRoute,
  scheduleRoute,
];
