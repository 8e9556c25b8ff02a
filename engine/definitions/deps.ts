import type { HttpDeps, Parts } from '../../runtime/http/deps.ts';
import type { JobDeps } from '../jobs/start-job.ts';

/** What definitions, and the administration of a workspace, work with. */
export type Deps = HttpDeps &
  JobDeps &
  Pick<
    Parts,
    | 'definitions'
    | 'catalog'
    | 'coupons'
    | 'keys'
    | 'mjml'
    | 'eventNames'
    | 'metrics'
    | 'openapi'
    | 'random'
    | 'secrets'
  >;
