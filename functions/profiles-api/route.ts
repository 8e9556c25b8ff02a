import { routeOf } from '../../runtime/http/route.ts';
import type { Deps } from './deps.ts';

export const route = routeOf<Deps>();
