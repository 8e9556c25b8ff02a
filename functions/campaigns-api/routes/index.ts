import { campaignLifecycle } from '../../../engine/definitions/lifecycles/campaigns.ts';
import { lifecycleRoutes } from '../../../runtime/http/lifecycle/routes.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { occurrenceRoutes } from './occurrences.ts';
import { planRoute } from './plan.ts';
import { stoppingRoutes } from './stopping.ts';
import { verbRoutes } from './verbs.ts';

export const routes: readonly Route<Deps>[] = [
  ...lifecycleRoutes(campaignLifecycle, {
    resume: 'Goes on with whoever is left; a job lets go what was held, `perMinute` of it.',
    archive: 'Cancels what is under way, for good.',
  }),
  ...stoppingRoutes,
  ...occurrenceRoutes,
  ...verbRoutes,
  planRoute,
];
