import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { reportRoutes } from './reports.ts';

export const routes: readonly Route<Deps>[] = [...reportRoutes];
