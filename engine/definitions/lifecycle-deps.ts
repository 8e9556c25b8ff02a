import type { HttpDeps, Parts } from '../../runtime/http/deps.ts';
import type { JobDeps } from '../jobs/start-job.ts';

/** What takes a journey from draft to archived. */
export type Deps = HttpDeps &
  JobDeps &
  Pick<Parts, 'definitions' | 'catalog' | 'eventNames' | 'secrets' | 'machines' | 'functions'>;
