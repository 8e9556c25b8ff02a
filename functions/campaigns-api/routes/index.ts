import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { occurrenceRoutes } from './occurrences.ts';
import { verbRoutes } from './verbs.ts';

export const routes: readonly Route<Deps>[] = [...occurrenceRoutes, ...verbRoutes];
