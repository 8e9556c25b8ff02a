import { routeOf } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';

export const route = routeOf<Deps>();
